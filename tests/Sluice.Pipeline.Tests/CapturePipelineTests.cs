// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests;

public sealed class CapturePipelineTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(10);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Complete_TwoSinks_BothHaveEverySampleInOrder()
    {
        var counters = new FedCounters();
        ScriptedSink[] sinks = [new("a"), new("b")];
        CapturePipeline pipeline = await StartAsync(counters, sinks);
        new Feeder(pipeline.CreateIntake(), counters).Feed(10_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        ulong[] all = [.. Enumerable.Range(0, 10_000).Select(static i => (ulong)i)];
        Assert.All(sinks, sink => Assert.Equal(all, sink.Delivered));
        Assert.True(report.WithinBudget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(10_000, report.Ledger.Read);
        Assert.All(sinks, static sink => Assert.Equal(1, sink.Disposals));
    }

    [Fact]
    public async Task Append_LowRate_TheSampleArrivesWithoutAnyTimer()
    {
        var counters = new FedCounters();
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = await StartAsync(counters, sink);
        new Feeder(pipeline.CreateIntake(), counters).Feed(1);
        await sink.FirstBatch;
        await pipeline.CompleteAsync(s_budget);
    }

    [Fact]
    public async Task EndOfDrain_SinkBusy_FillsOneBatchAndTheSinkFetchesItWhenItIsIdle()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var fetched = new TaskCompletionSource();
        var sink = new ScriptedSink("a");
        sink.Writing = async (batch, _) =>
        {
            await release.Task;
            if (batch.Count > 1)
            {
                fetched.TrySetResult();
            }
        };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        var feeder = new Feeder(pipeline.CreateIntake(), counters);
        feeder.Feed(1);
        await sink.FirstBatch;
        feeder.Feed(500, drainEvery: 1);
        release.SetResult();
        // Nothing is appended or drained any more: only the sink's worker can fetch the parked batch.
        await fetched.Task.WaitAsync(Eventually.Patience, TestEnd);
        await pipeline.CompleteAsync(s_budget);
        Assert.Equal(500, sink.LargestBatch);
        Assert.Equal(501, sink.Delivered.Count);
    }

    [Fact]
    public async Task Append_PerfPadding_IsCutOff()
    {
        var counters = new FedCounters();
        var lengths = new List<int>();
        var sink = new ScriptedSink("a") { Delivering = batch => lengths.Add(batch[0].Length) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        SampleIntake intake = pipeline.CreateIntake();
        byte[] sample = new TlsSample { Payload = new byte[9] }.Build();
        for (int padding = 0; padding < 8; padding++)
        {
            counters.AddSubmitted(1);
            intake.Append([.. sample, .. new byte[padding]]);
            intake.EndOfDrain();
            await Eventually.HoldsAsync(() => sink.Ledger.Delivered == padding + 1);
        }

        await pipeline.CompleteAsync(s_budget);
        Assert.Equal(Enumerable.Repeat(sample.Length, 8), lengths);
    }

    [Fact]
    public async Task Append_Malformed_IsCountedAsDroppedForEverySink()
    {
        var counters = new FedCounters();
        ScriptedSink[] sinks = [new("a"), new("b")];
        CapturePipeline pipeline = await StartAsync(counters, sinks);
        SampleIntake intake = pipeline.CreateIntake();
        byte[] sample = new TlsSample().Build();
        byte[] tooSmallSize = [.. sample];
        tooSmallSize[4] = 63;
        tooSmallSize[5] = 0;
        counters.AddSubmitted(4);
        intake.Append(sample.AsSpan(0, 63));
        intake.Append(sample.AsSpan(0, sample.Length - 1));
        intake.Append(tooSmallSize);
        intake.Append(default);
        intake.EndOfDrain();
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.All(sinks, static sink => Assert.Equal(4, sink.Ledger.Dropped(DropReason.Malformed)));
        Assert.All(sinks, static sink => Assert.Empty(sink.Delivered));
    }

    [Fact]
    public async Task Append_LongerThanABatch_IsCountedAsOversize()
    {
        var counters = new FedCounters();
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = Builder(counters, sink).UseOptions(new CapturePipelineOptions { BatchBytes = 1024 }).Build();
        await pipeline.StartAsync(TestEnd);
        new Feeder(pipeline.CreateIntake(), counters, payloadBytes: 1024).Feed(2);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(2, sink.Ledger.Dropped(DropReason.Oversize));
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task HandOn_AnyBatch_CarriesClockAndObservedTime()
    {
        var counters = new FedCounters();
        long offset = 0;
        long observed = 0;
        var sink = new ScriptedSink("a") { Delivering = batch => (offset, observed) = (batch.Stamp.ClockOffsetNs, batch.Stamp.ObservedUnixNs) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        new Feeder(pipeline.CreateIntake(), counters).Feed(1);
        await pipeline.CompleteAsync(s_budget);
        long nowNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        Assert.InRange(observed, nowNs - 30_000_000_000, nowNs);
        Assert.InRange(offset, 1, observed);
    }

    [Fact]
    public async Task SampleLimit_TwoIntakes_ExactlyThatManyPassAndTheRestIsFiltered()
    {
        var counters = new FedCounters();
        var sink = new ScriptedSink("a");
        int reached = 0;
        CapturePipeline pipeline = await StartAsync(counters, sink);
        var limit = new SampleLimit(1_000, () => Interlocked.Increment(ref reached));
        Task[] readers = [.. Enumerable.Range(0, 2).Select(cpu => Task.Run(
            () => new Feeder(pipeline.CreateIntake(limit), counters, cpu: (uint)cpu).Feed(900), TestEnd))];
        await Task.WhenAll(readers);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(1, reached);
        Assert.Equal(1_000, sink.Ledger.Delivered);
        Assert.Equal(800, report.Ledger.Filtered);
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task Start_ASinkThrows_DisposesAllAndThrowsItsException()
    {
        ScriptedSink[] sinks = [new("a"), new("b") { Starting = static () => throw new SinkException("no such directory") }, new("c")];
        CapturePipeline pipeline = Builder(new FedCounters(), sinks).Build();
        SinkException e = await Assert.ThrowsAsync<SinkException>(() => pipeline.StartAsync(TestEnd));
        Assert.Equal("no such directory", e.Message);
        Assert.All(sinks, static sink => Assert.Equal(1, sink.Disposals));
    }

    [Fact]
    public void Build_NoSink_SaysWhatToAdd() =>
        Assert.Contains("null:", Assert.Throws<InvalidOperationException>(new CapturePipelineBuilder().Build).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Complete_Twice_GivesTheSameReportAndDisposesOnce()
    {
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = await StartAsync(new FedCounters(), sink);
        Task<CompletionReport> first = pipeline.CompleteAsync(s_budget);
        Assert.Same(await first, await pipeline.CompleteAsync(TimeSpan.Zero));
        Assert.Same(await first, await pipeline.AbandonAsync());
        Assert.Equal(1, sink.Disposals);
    }

    [Fact]
    public async Task LossReport_KernelLostGrew_IsInTheStreamAndInTheSums()
    {
        var counters = new FixedKernelCounters(new KernelCounts(5, 5, 0, 0, 0, 0, 0));
        var reports = new List<string>();
        var sink = new ScriptedSink("a") { Delivering = batch => Collect(batch, reports) };
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters)
            .UseOptions(new CapturePipelineOptions { ReportInterval = TimeSpan.FromMilliseconds(20) }).Build();
        await pipeline.StartAsync(TestEnd);
        await Eventually.HoldsAsync(() => sink.Ledger.Delivered == 1);
        counters.Set(new KernelCounts(12, 8, 0, 4, 0, 0, 0));
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(["ring_full lost 5 total 5 cpu 65535 seq 0", "ring_full lost 3 total 8 cpu 65535 seq 1", "no_scratch lost 4 total 4 cpu 65535 seq 2"], reports);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(3, report.Ledger.Synthesized);
        Assert.Equal(15, report.Ledger.Submitted);
    }

    [Fact]
    public async Task LossReport_SinksBlockedWhileLossGrows_DoesNotPileUp()
    {
        long lost = 0;
        var counters = new FixedKernelCounters();
        counters.Set(() => new KernelCounts(Volatile.Read(ref lost), Interlocked.Increment(ref lost), 0, 0, 0, 0, 0));
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters)
            .UseOptions(new CapturePipelineOptions { ReportInterval = TimeSpan.FromMilliseconds(5) }).Build();
        await pipeline.StartAsync(TestEnd);
        await sink.FirstBatch;
        await Task.Delay(200, TestEnd);
        Assert.InRange(pipeline.Ledger.Snapshot().Synthesized, 1, 3);
        release.SetResult();
        await pipeline.CompleteAsync(s_budget);
    }

    private static void Collect(SampleBatch batch, List<string> reports)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            Assert.True(CaptureLossView.TryParse(batch[i], out CaptureLossView view));
            string cause = System.Text.Encoding.ASCII.GetString(view.Cause);
            reports.Add($"{cause} lost {view.Lost} total {view.Total} cpu {view.Header.Cpu} seq {view.Header.CpuSequence}");
        }
    }

    private static CapturePipelineBuilder Builder(FedCounters counters, params ScriptedSink[] sinks)
    {
        CapturePipelineBuilder builder = new CapturePipelineBuilder().UseKernelCounters(counters);
        foreach (ScriptedSink sink in sinks)
        {
            builder.AddSink(sink);
        }

        return builder;
    }

    private static async Task<CapturePipeline> StartAsync(FedCounters counters, params ScriptedSink[] sinks)
    {
        CapturePipeline pipeline = Builder(counters, sinks).Build();
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }
}
