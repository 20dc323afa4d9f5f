// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Telemetry;

/// <summary>The metrics say what the ledger says, at every moment.</summary>
public sealed class PipelineMetricsTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(20);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_UnderLoadWithLossesOfEveryKind_AddUpInEveryCollection()
    {
        var counters = new FedCounters();
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(counters, meters, Sinks());
        Task feeding = Task.WhenAll(Enumerable.Range(0, 2).Select(cpu => Task.Run(
            () => new Feeder(pipeline.CreateIntake(), counters, cpu: (uint)cpu).Feed(20_000), TestEnd)));
        int collections = 0;
        while (!feeding.IsCompleted || collections < 20)
        {
            AssertAddsUp(meters.Collect(), ["fast", "still"]);
            collections++;
        }

        await feeding;
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertIsLedger(meters.Collect(), report.Ledger);
    }

    [Fact]
    public async Task Metrics_AtTheEnd_AreTheFinalLedgerNumberByNumber()
    {
        var kernel = new FixedKernelCounters(new KernelCounts(1005, 2, 2, 1, 7, 8, 9));
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(kernel, meters, new ScriptedSink("one"), new ScriptedSink("two"));
        new Feeder(pipeline.CreateIntake(), new FedCounters()).Feed(1000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        IReadOnlyDictionary<string, double> values = meters.Collect();
        AssertIsLedger(values, report.Ledger);
        Assert.Equal(2, values["sluice.ledger.kernel_lost/ring_full"]);
        Assert.Equal(1, values["sluice.ledger.kernel_lost/no_scratch"]);
        Assert.Equal(7, values["sluice.ledger.truncated/read_fault"]);
        Assert.Equal(8, values["sluice.ledger.truncated/size_limit"]);
        Assert.Equal(9, values["sluice.ledger.kernel_filtered"]);
        Assert.Equal(0, values["sluice.pipeline.batches.used"]);
    }

    [Fact]
    public async Task QueueMetrics_SinkThatStandsStillThenFails_ShowItsQueueAndThatItIsDown()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var still = new ScriptedSink("still") { Writing = async (_, _) => await release.Task };
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(counters, meters, still);
        var feeder = new Feeder(pipeline.CreateIntake(), counters);
        feeder.Feed(10);
        await still.FirstBatch;
        feeder.Feed(100);
        IReadOnlyDictionary<string, double> values = meters.Collect();
        Assert.Equal(1, values["sluice.sink.up/still"]);
        Assert.Equal(64 * 1024, values["sluice.sink.queue.limit/still"]);
        Assert.True(values["sluice.sink.queue.bytes/still"] > 0 && values["sluice.pipeline.batches.used"] > 1);
        release.SetException(new SinkException("The disk is full."));
        await Eventually.HoldsAsync(() => meters.Collect()["sluice.sink.up/still"] == 0);
        await pipeline.CompleteAsync(s_budget);
        Assert.True(meters.Collect()["sluice.sink.dropped/still/sink_failed"] > 0);
    }

    [Fact]
    public async Task BatchMetrics_OfKnownBatches_RecordTheirSizeAndTheAgeOfTheFirstEvent()
    {
        var sink = new ScriptedSink("one");
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(new FedCounters(), meters, sink);
        SampleIntake intake = pipeline.CreateIntake();
        long ageNs = 3_000_000_000;
        byte[] sample = new TlsSample { KtimeNs = (ulong)(System.Diagnostics.Stopwatch.GetTimestamp() - ageNs), Payload = new byte[100] }.Build();
        intake.Append(sample);
        intake.Append(sample);
        intake.EndOfDrain();
        await pipeline.CompleteAsync(s_budget);
        Assert.Equal([2.0], meters.Recorded("sluice.pipeline.batch.size"));
        Assert.Equal([2.0 * sample.Length], meters.Recorded("sluice.pipeline.batch.bytes"));
        Assert.InRange(Assert.Single(meters.Recorded("sluice.pipeline.latency/one")), 3.0, 30.0);
    }

    [Fact]
    public async Task Metrics_OfAnyKind_HaveAUnitAndADescription()
    {
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(new FedCounters(), meters, new ScriptedSink("one"));
        await pipeline.CompleteAsync(s_budget);
        Assert.All(meters.Instruments, static instrument => Assert.False(string.IsNullOrEmpty(instrument.Description), instrument.Name));
        Assert.Equal(["sluice.sink.up"], meters.Instruments.Where(static instrument => string.IsNullOrEmpty(instrument.Unit)).Select(static instrument => instrument.Name));
        Assert.Equal(meters.Instruments.Count, meters.Instruments.Select(static instrument => instrument.Name).Distinct().Count());
    }

    [Fact]
    public async Task Metrics_EachOne_StandsInTheSpecification()
    {
        using var meters = new TestMeters();
        CapturePipeline pipeline = await StartAsync(new FedCounters(), meters, new ScriptedSink("one"));
        await pipeline.CompleteAsync(s_budget);
        string document = System.IO.File.ReadAllText(RepositoryFile.PathOf("docs/specs/telemetry.md"));
        IEnumerable<string> missing = meters.Instruments
            .Select(static instrument => $"| `{instrument.Name}` | {Word(instrument)} | {(string.IsNullOrEmpty(instrument.Unit) ? "" : $"`{instrument.Unit}`")} |")
            .Where(row => !document.Contains(row, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    private static string Word(Instrument instrument) => instrument switch
    {
        ObservableCounter<long> => "counter",
        ObservableUpDownCounter<long> => "up-down counter",
        ObservableGauge<long> => "gauge",
        _ => "histogram",
    };

    private static ScriptedSink[] Sinks()
    {
        int turn = 0;
        return
        [
            new ScriptedSink("fast"),
            new ScriptedSink("still") { Writing = async (_, token) => await Task.Delay(++turn % 5 == 0 ? 5 : 0, token) },
        ];
    }

    private static void AssertAddsUp(IReadOnlyDictionary<string, double> values, string[] sinks)
    {
        Assert.True(values["sluice.ledger.in_flight"] >= 0);
        Assert.Equal(values["sluice.ledger.submitted"], values["sluice.ledger.read"] + Sum(values, "sluice.ledger.kernel_lost/") + values["sluice.ledger.in_flight"]);
        foreach (string sink in sinks)
        {
            double outcomes = values["sluice.sink.delivered/" + sink] + values["sluice.sink.rejected/" + sink] + values["sluice.sink.pending/" + sink]
                + Sum(values, $"sluice.sink.dropped/{sink}/");
            Assert.Equal(values["sluice.ledger.read"], values["sluice.ledger.filtered"] + outcomes);
        }
    }

    private static void AssertIsLedger(IReadOnlyDictionary<string, double> values, LedgerSnapshot ledger)
    {
        AssertAddsUp(values, [.. ledger.Sinks.Select(static sink => sink.Name)]);
        Assert.Equal(ledger.Submitted, values["sluice.ledger.submitted"]);
        Assert.Equal(ledger.Read, values["sluice.ledger.read"]);
        Assert.Equal(ledger.Synthesized, values["sluice.ledger.synthesized"]);
        foreach (SinkCounts sink in ledger.Sinks)
        {
            Assert.Equal(sink.Delivered, values["sluice.sink.delivered/" + sink.Name]);
            foreach (DropReason reason in Enum.GetValues<DropReason>())
            {
                string cause = SinkLedger.ReasonName(reason);
                Assert.Equal(sink.Dropped.GetValueOrDefault(cause), values[$"sluice.sink.dropped/{sink.Name}/{cause}"]);
            }
        }
    }

    private static double Sum(IReadOnlyDictionary<string, double> values, string prefix) =>
        values.Where(value => value.Key.StartsWith(prefix, StringComparison.Ordinal)).Sum(static value => value.Value);

    private static async Task<CapturePipeline> StartAsync(IKernelCounters counters, TestMeters meters, params ScriptedSink[] sinks)
    {
        var builder = new CapturePipelineBuilder();
        foreach (ScriptedSink sink in sinks)
        {
            builder.AddSink(sink, new SinkQueueOptions { MaxBytes = 64 * 1024, Overflow = sinks.Length > 1 && sink == sinks[^1] ? OverflowPolicy.DropNewest : OverflowPolicy.Block });
        }

        CapturePipeline pipeline = builder.UseKernelCounters(counters).UseMeters(meters).UseOptions(new CapturePipelineOptions { BatchBytes = 16 * 1024 }).Build();
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }
}
