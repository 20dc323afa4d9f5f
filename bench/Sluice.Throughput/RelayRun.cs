// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Sluice.Sources.Kafka;

namespace Sluice.Throughput;

/// <summary>Reads a topic of events through the product's source and pipeline into one sink, as <c>sluice relay</c> does.</summary>
internal static class RelayRun
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(120);

    /// <summary>Fills a topic, reads it once unmeasured, so that the runtime has compiled what is measured then, and once more in another group.</summary>
    /// <exception cref="InvalidOperationException">Not every event was delivered exactly once.</exception>
    public static async Task<RelayFigures> ExecuteAsync(string brokers, string sinkUri, string encoding, long events, int payloadBytes, int origins, int partitions)
    {
        string topic = $"relay-{encoding.Replace('_', '-')}-{Guid.NewGuid():n}";
        var filled = new EventTopic(brokers, encoding, origins);
        await filled.FillAsync(topic, partitions, events, payloadBytes).ConfigureAwait(false);
        _ = await RunAsync($"kafka://{brokers}/{topic}", "warm", sinkUri, events).ConfigureAwait(false);
        RelayFigures figures = await RunAsync($"kafka://{brokers}/{topic}", "measured", sinkUri, events).ConfigureAwait(false);
        return figures with { Records = filled.Records, BytesPerEvent = (double)filled.Bytes / events };
    }

    private static async Task<RelayFigures> RunAsync(string from, string group, string sinkUri, long events)
    {
        var counters = new FedCounters();
        ISink sink = SinkFactory.Create(SinkUri.Parse(sinkUri));
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        using var source = new KafkaSource(
            KafkaSourceOptions.Parse(SinkUri.ParseSource(from), group), pipeline, counters, mayWaitForSinks: true, NullLogger.Instance);
        source.Check(CancellationToken.None);
        await pipeline.StartAsync(CancellationToken.None).ConfigureAwait(false);
        Task reading = Task.Factory.StartNew(
            () => source.Run(events, CancellationToken.None), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        // Joining a group takes the brokers seconds (group.initial.rebalance.delay.ms): the clock starts with the first events.
        long first = await WaitForAsync(sink.Ledger, 1).ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long allocatedBefore = GC.GetTotalAllocatedBytes(precise: true);
        await reading.ConfigureAwait(false);
        _ = await WaitForAsync(sink.Ledger, events).ConfigureAwait(false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - allocatedBefore;
        double cpuSeconds = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds;
        CompletionReport report = await pipeline.CompleteAsync(s_budget).ConfigureAwait(false);
        source.Finish();
        if (sink.Ledger.Delivered != events || report.Ledger.Verify().Count != 0)
        {
            throw new InvalidOperationException($"The topic has {events} events, but: {report.Ledger.ToText()}");
        }

        return new RelayFigures(
            events, sink.Ledger.Delivered, seconds, (events - first) / seconds, cpuSeconds, (double)allocated / events, Records: 0, BytesPerEvent: 0);
    }

    private static async Task<long> WaitForAsync(SinkLedger ledger, long events)
    {
        long settled;
        while ((settled = ledger.Offered - ledger.Pending) < events)
        {
            await Task.Delay(1).ConfigureAwait(false);
        }

        return settled;
    }
}
