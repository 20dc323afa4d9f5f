// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Throughput;

/// <summary>
/// Feeds ready-made samples to the pipeline as fast as its sink takes them, without a kernel: what a sink can do, to be held
/// against a C program that sends the same records.
/// </summary>
internal static class ReplayRun
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(120);

    /// <summary>Sends a tenth of the records first, unmeasured, so that the runtime has compiled what is measured then.</summary>
    /// <exception cref="InvalidOperationException">The sink did not deliver everything.</exception>
    public static async Task<ReplayFigures> ExecuteAsync(string sinkUri, long records, int payloadBytes)
    {
        byte[][] samples = CreateSamples(10_000, payloadBytes);
        _ = await RunAsync(sinkUri, samples, records / 10).ConfigureAwait(false);
        return await RunAsync(sinkUri, samples, records).ConfigureAwait(false);
    }

    private static async Task<ReplayFigures> RunAsync(string sinkUri, byte[][] samples, long records)
    {
        var counters = new FedCounters();
        SinkUri uri = SinkUri.Parse(sinkUri);
        var sink = new MeasuringSink(SinkFactory.Create(uri), measureFromKtimeNs: long.MaxValue);
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink, SinkFactory.Queue(uri)).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(CancellationToken.None).ConfigureAwait(false);

        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        Feed(pipeline.CreateIntake(), counters, samples, records);
        CompletionReport report = await pipeline.CompleteAsync(s_budget).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start, sink.FlushedAt).TotalSeconds;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        double cpuSeconds = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds;
        if (sink.Ledger.Delivered != records)
        {
            throw new InvalidOperationException($"{records} records were fed, but: {report.Ledger.ToText()}");
        }

        return new ReplayFigures(records, sink.Ledger.Delivered, seconds, records / seconds, cpuSeconds, (double)allocated / records);
    }

    private static byte[][] CreateSamples(int count, int payloadBytes)
    {
        byte[][] samples = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            samples[i] = SyntheticSamples.Create(i, payloadBytes);
        }

        return samples;
    }

    private static void Feed(SampleIntake intake, FedCounters counters, byte[][] samples, long records)
    {
        for (long number = 0; number < records; number++)
        {
            intake.Append(samples[number % samples.Length]);
        }

        counters.AddSubmitted(records);
        intake.EndOfDrain();
    }
}
