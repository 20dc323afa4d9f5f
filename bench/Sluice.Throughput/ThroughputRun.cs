// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Throughput;

/// <summary>Drives the generator through reader, pipeline and sinks, measures, and checks the books.</summary>
internal sealed class ThroughputRun
{
    private static readonly TimeSpan s_drainBudget = TimeSpan.FromSeconds(30);

    private readonly ThroughputOptions _options;
    private readonly List<MeasuringSink> _sinks = [];
    private SortedDictionary<string, double> _threadTimes = [];
    private TimeSpan _processCpuTime;
    private long _allocatedBytes;
    private long _measuredReads;

    public ThroughputRun(ThroughputOptions options) => _options = options;

    public async Task<ThroughputFigures> ExecuteAsync()
    {
        using var generator = new Generator(_options.UsePerf, _options.Rings);
        CapturePipeline pipeline = BuildPipeline(generator);
        await pipeline.StartAsync(CancellationToken.None).ConfigureAwait(false);
        var progress = new ReadProgress();
        ISampleConsumer consumer = _options.UsePerf ? pipeline.CreateResequencedIntake() : pipeline.CreateIntake();
        using var reader = new TransportReader(generator, _options, consumer, progress);
        var load = new LoadThread(generator, _options, progress);
        reader.Start();
        load.Start();
        WatchUntilEnd(load, progress);
        pipeline.BeginStop(s_drainBudget);
        reader.StopAndJoin();
        CompletionReport report = await pipeline.CompleteAsync(s_drainBudget).ConfigureAwait(false);
        return Collect(load, report.Ledger);
    }

    private CapturePipeline BuildPipeline(Generator generator)
    {
        long measureFrom = Stopwatch.GetTimestamp() + (long)ThroughputOptions.WarmUp.TotalNanoseconds;
        CapturePipelineBuilder builder = new CapturePipelineBuilder()
            .UseKernelCounters(generator)
            .OnSinkFailed(static failure => Console.Error.WriteLine($"{failure.SinkName}: {failure.Exception.Message}"));
        foreach (string text in _options.Sinks)
        {
            SinkUri uri = SinkUri.Parse(text);
            var sink = new MeasuringSink(SinkFactory.Create(uri), measureFrom);
            _sinks.Add(sink);
            builder.AddSink(sink, SinkFactory.Queue(uri));
        }

        return builder.Build();
    }

    /// <summary>Takes costs from the end of the warm-up to the end of the load.</summary>
    private void WatchUntilEnd(LoadThread load, ReadProgress progress)
    {
        Thread.Sleep(ThroughputOptions.WarmUp);
        SortedDictionary<string, double> threadsBefore = ThreadTimes.Read();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long readBefore = progress.Published;
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        load.Join();
        _allocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        _measuredReads = Math.Max(1, progress.Published - readBefore);
        _processCpuTime = Environment.CpuUsage.TotalTime - cpuBefore;
        _threadTimes = ThreadTimes.Since(threadsBefore);
    }

    private ThroughputFigures Collect(LoadThread load, LedgerSnapshot ledger)
    {
        TimeSpan collectorTime = _processCpuTime - load.CpuTime;
        MeasuringSink slowest = _sinks.MaxBy(static sink => sink.Latencies.PercentileNs(0.99))!;
        return new ThroughputFigures
        {
            Transport = _options.UsePerf ? "perf" : "ringbuf",
            AskedRate = _options.Rate,
            ReachedRate = load.Measured / load.Elapsed.TotalSeconds,
            Seconds = load.Elapsed.TotalSeconds,
            PayloadBytes = _options.PayloadBytes,
            Submitted = ledger.Submitted,
            Read = ledger.Read,
            Lost = ledger.Kernel.LostTotal + ledger.Sinks.Sum(static sink => sink.DroppedTotal + sink.Rejected),
            LatencyP50Us = slowest.Latencies.PercentileNs(0.5) / 1e3,
            LatencyP99Us = slowest.Latencies.PercentileNs(0.99) / 1e3,
            LatencyP999Us = slowest.Latencies.PercentileNs(0.999) / 1e3,
            LatencyMaxUs = slowest.Latencies.MaxNs / 1e3,
            CollectorCpuSeconds = collectorTime.TotalSeconds,
            CollectorCpuUsPerEvent = collectorTime.TotalMicroseconds / _measuredReads,
            GeneratorCpuSeconds = load.CpuTime.TotalSeconds,
            ThreadCpuSeconds = _threadTimes,
            AllocatedBytesPerEvent = (double)_allocatedBytes / _measuredReads,
            PeakRssMb = PeakRssMb(),
            Broken = FindBroken(load, ledger),
            Ledger = JsonNode.Parse(ledger.ToJson())!,
        };
    }

    /// <summary>The ledger's own equations, and the ledger against what the generator itself says that it did.</summary>
    private static List<string> FindBroken(LoadThread load, LedgerSnapshot ledger)
    {
        var broken = new List<string>(ledger.Verify());
        if (ledger.Kernel.Submitted != load.Submitted)
        {
            broken.Add($"the kernel counted {ledger.Kernel.Submitted} samples, the generator made {load.Submitted}");
        }

        if (ledger.Read - ledger.Synthesized != load.Sent)
        {
            broken.Add($"{ledger.Read - ledger.Synthesized} samples were read, the generator sent {load.Sent}");
        }

        return broken;
    }

    private static double PeakRssMb()
    {
        string line = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024.0;
    }
}
