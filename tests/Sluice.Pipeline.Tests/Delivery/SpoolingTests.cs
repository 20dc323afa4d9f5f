// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

/// <summary>The way of batches through a spool, whatever stores it.</summary>
public sealed class SpoolingTests
{
    private const int QueueBytes = 64 * 1024;
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_shortBudget = TimeSpan.FromMilliseconds(600);

    private readonly FakeSpool _spool = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spool_SinkStandsAndGoesOn_EverythingArrivesInOrderAndNothingIsLeft()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        await FeedAsync(pipeline, counters, readers: 3, samples: 5_000);
        await Eventually.HoldsAsync(() => sink.Ledger.Spooled > 10_000);
        Assert.Empty(pipeline.Ledger.Verify());

        // The sink is not done with what is in memory: after a crash now, nothing of the spool would be sent a second time.
        Assert.False(_spool.WasRead);
        release.SetResult();
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertSums(report, sink, delivered: 15_000, spooled: 0);
        AssertInOrder(sink.Delivered, 15_000);
        Assert.Empty(_spool.Numbers);
        Assert.True(_spool.IsClosed);
        Assert.Equal(0, pipeline.Pool.Outstanding);
    }

    [Fact]
    public async Task Spool_SinkCatchesUp_EventsTakeTheWayThroughMemoryAgain()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        var feeder = new Feeder(pipeline.CreateIntake(), counters);
        feeder.Feed(2_000);
        release.SetResult();
        await Eventually.HoldsAsync(() => sink.Ledger.Delivered == 2_000);
        int appends = 0;
        _spool.Appending = () => appends++;
        feeder.Feed(100);
        await Eventually.HoldsAsync(() => sink.Ledger.Delivered == 2_100);
        Assert.Equal(0, appends);
        await pipeline.CompleteAsync(s_budget);
        AssertInOrder(sink.Delivered, 2_100);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_SinkHangs_WhatItLeftIsDeliveredByTheNextRunInOrder(bool honoursToken)
    {
        var counters = new FedCounters();
        var never = new TaskCompletionSource();
        var stuck = new ScriptedSink("a");
        stuck.Writing = async (_, token) =>
        {
            if (stuck.Batches == 2)
            {
                await never.Task.WaitAsync(honoursToken ? token : CancellationToken.None);
            }
        };
        CapturePipeline pipeline = await StartAsync(counters, stuck);
        await FeedAsync(pipeline, counters, readers: 1, samples: 4_000);
        CompletionReport first = await pipeline.CompleteAsync(s_shortBudget);
        AssertSums(first, stuck, delivered: stuck.Ledger.Delivered, spooled: 4_000 - stuck.Ledger.Delivered);
        Assert.Equal(0, first.Abandoned);

        // All batches that the sink took and finished had their outcome at once: none is sent again.
        (ScriptedSink sink, CompletionReport second) = await RunAgainAsync();
        AssertSums(second, sink, delivered: 4_000 - stuck.Ledger.Delivered, spooled: 0);
        Assert.Equal(sink.Ledger.Delivered, sink.Ledger.Recovered);
        Assert.Equal(0, sink.Ledger.Duplicates);
        AssertInOrder([.. stuck.Delivered, .. sink.Delivered], 4_000);
        never.SetResult();
    }

    [Fact]
    public async Task Stop_AcknowledgementsMissing_AreSentAgainWithTheirStampAndCounted()
    {
        var counters = new FedCounters();
        var origin = new EventOrigin("host-of-the-first-run", 77);
        var silent = new ScriptedSink("a") { LeavesPending = true, Flushing = static token => new ValueTask(Task.Delay(Timeout.Infinite, token)) };
        CapturePipeline pipeline = await StartAsync(counters, silent, origin: origin);
        new Feeder(pipeline.CreateIntake(), counters).Feed(60);
        await silent.FirstBatch;
        silent.Ledger.AddDelivered(25);
        CompletionReport first = await pipeline.CompleteAsync(s_shortBudget);
        AssertSums(first, silent, delivered: 25, spooled: 35);
        silent.Ledger.AddDelivered(35);
        Assert.Equal(35, silent.Ledger.LateOutcomes);
        Assert.Empty(pipeline.Ledger.Verify());

        var stamps = new List<BatchStamp>();
        (ScriptedSink sink, CompletionReport second) = await RunAgainAsync(batch => stamps.Add(batch.Stamp));
        AssertSums(second, sink, delivered: 60, spooled: 0);
        Assert.Equal((60, 25), (sink.Ledger.Recovered, sink.Ledger.Duplicates));
        Assert.All(stamps, stamp => Assert.Equal(("host-of-the-first-run", 77ul), (stamp.Origin.HostName, stamp.Origin.RunId)));
    }

    [Fact]
    public async Task Spool_SinkThatAcknowledgesOnlyInAFlush_NothingIsDeletedBefore()
    {
        var counters = new FedCounters();
        long written = 0;
        var sink = new ScriptedSink("a") { LeavesPending = true };
        sink.Writing = (batch, _) =>
        {
            written += batch.Count;
            return ValueTask.CompletedTask;
        };
        sink.Flushing = _ =>
        {
            // What was written and is not acknowledged lies in the spool or is held in memory.
            sink.Ledger.AddDelivered(written);
            written = 0;
            return ValueTask.CompletedTask;
        };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        await FeedAsync(pipeline, counters, readers: 2, samples: 5_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertSums(report, sink, delivered: 10_000, spooled: 0);
        Assert.Empty(_spool.Numbers);
        Assert.Equal(0, pipeline.Pool.Outstanding);
    }

    [Fact]
    public async Task Write_SinkFailsForGood_TheSpoolKeepsWhatItHadNotDeliveredAndWhatComes()
    {
        var counters = new FedCounters();
        var dying = new ScriptedSink("a");
        dying.Writing = (batch, _) =>
        {
            if (dying.Batches == 0)
            {
                return ValueTask.CompletedTask;
            }

            dying.Ledger.AddDelivered(3);
            throw new SinkException("broken");
        };
        CapturePipeline pipeline = await StartAsync(counters, dying);
        await FeedAsync(pipeline, counters, readers: 1, samples: 3_000);
        CompletionReport first = await pipeline.CompleteAsync(s_budget);
        Assert.Single(first.Failures);
        AssertSums(first, dying, delivered: dying.Ledger.Delivered, spooled: 3_000 - dying.Ledger.Delivered);

        (ScriptedSink sink, CompletionReport second) = await RunAgainAsync();
        AssertSums(second, sink, delivered: 3_000 - dying.Ledger.Delivered + 3, spooled: 0);
        Assert.Equal(3, sink.Ledger.Duplicates);
        AssertInOrder([.. dying.Delivered, .. sink.Delivered], 3_000);
    }

    [Fact]
    public async Task SpoolFull_DropNewest_DropsAreCountedUnderTheirOwnReason()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        _spool.Capacity = 10;
        CapturePipeline pipeline = await StartAsync(counters, sink, drops: true);
        await FeedAsync(pipeline, counters, readers: 1, samples: 10_000);
        await Eventually.HoldsAsync(() => sink.Ledger.Dropped(DropReason.SpoolFull) > 1_000);
        release.SetResult();
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertSums(report, sink, delivered: 10_000 - sink.Ledger.Dropped(DropReason.SpoolFull), spooled: 0);
        AssertRising(sink.Delivered);
    }

    [Fact]
    public async Task SpoolFull_Block_TheReaderWaitsAndNothingIsLost()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        _spool.Capacity = 10;
        CapturePipeline pipeline = await StartAsync(counters, sink);
        Task reader = FeedAsync(pipeline, counters, readers: 1, samples: 10_000);
        await Task.Delay(300, TestEnd);
        Assert.False(reader.IsCompleted);
        release.SetResult();
        await reader.WaitAsync(Eventually.Patience, TestEnd);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertSums(report, sink, delivered: 10_000, spooled: 0);
        AssertInOrder(sink.Delivered, 10_000);
    }

    [Fact]
    public async Task Read_DamagedBatch_CostsItAndNothingElse()
    {
        await LeaveInSpoolAsync(samples: 2_000);
        _spool.Damage(3);
        (ScriptedSink sink, CompletionReport report) = await RunAgainAsync();
        long damaged = sink.Ledger.Dropped(DropReason.SpoolDamaged);
        Assert.InRange(damaged, 1, 100);
        AssertSums(report, sink, delivered: 2_000 - damaged, spooled: 0);
        AssertRising(sink.Delivered);
        Assert.Empty(_spool.Numbers);
    }

    [Fact]
    public async Task Recovered_WhileNewOnesCome_OldOnesGoFirst()
    {
        await LeaveInSpoolAsync(samples: 2_000);
        var counters = new FedCounters();
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = await StartAsync(counters, sink);
        new Feeder(pipeline.CreateIntake(), counters, cpu: 1).Feed(2_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        AssertSums(report, sink, delivered: 4_000, spooled: 0);
        Assert.Equal(Enumerable.Range(0, 2_000).Select(static i => (ulong)i), sink.Delivered.Take(2_000));
        Assert.Equal(2_000, sink.Ledger.Recovered);
        Assert.Equal(2_000, report.Ledger.Read);
    }

    [Fact]
    public async Task Abandon_WhileTheSinkHangs_EndsAtOnceWithTheSumsRight()
    {
        var counters = new FedCounters();
        var sink = new ScriptedSink("a") { Writing = static async (_, token) => await Task.Delay(Timeout.Infinite, token) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        await FeedAsync(pipeline, counters, readers: 1, samples: 4_000);
        _ = pipeline.CompleteAsync(TimeSpan.FromSeconds(60));
        CompletionReport report = await pipeline.AbandonAsync().WaitAsync(Eventually.Patience, TestEnd);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(4_000, sink.Ledger.Spooled + sink.Ledger.DroppedTotal);
    }

    [Fact]
    public async Task Start_SpoolCannotBeUsed_TheStartFailsAndTheSinkIsDisposed()
    {
        var sink = new ScriptedSink("a") { Starting = static () => throw new SinkException("no broker") };
        CapturePipeline pipeline = Build(new FedCounters(), sink, drops: false, origin: null);
        await Assert.ThrowsAsync<SinkException>(() => pipeline.StartAsync(TestEnd));
        Assert.True(_spool.IsClosed);
        Assert.Equal(1, sink.Disposals);
    }

    private static async Task FeedAsync(CapturePipeline pipeline, FedCounters counters, int readers, int samples) =>
        await Task.WhenAll(Enumerable.Range(0, readers).Select(cpu => Task.Run(
            () => new Feeder(pipeline.CreateIntake(), counters, cpu: (uint)cpu).Feed(samples), TestEnd)));

    private static void AssertSums(CompletionReport report, ScriptedSink sink, long delivered, long spooled)
    {
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal((delivered, spooled, 0L), (sink.Ledger.Delivered, sink.Ledger.Spooled, sink.Ledger.Pending));
    }

    /// <summary>Every number of every reader once, and in order for each reader; what was sent again is looked at once.</summary>
    private static void AssertInOrder(IReadOnlyList<ulong> delivered, int count)
    {
        ulong[] once = [.. delivered.Distinct()];
        Assert.Equal(count, once.Length);
        AssertRising(once);
    }

    private static void AssertRising(IReadOnlyList<ulong> delivered) =>
        Assert.All(delivered.GroupBy(static number => number >> 40), static reader => Assert.Equal(reader.Order(), reader));

    private async Task LeaveInSpoolAsync(int samples)
    {
        var counters = new FedCounters();
        var sink = new ScriptedSink("a") { Writing = static async (_, token) => await Task.Delay(Timeout.Infinite, token) };
        CapturePipeline pipeline = await StartAsync(counters, sink);
        await FeedAsync(pipeline, counters, readers: 1, samples);
        await pipeline.CompleteAsync(s_shortBudget);
        Assert.Equal(samples, sink.Ledger.Spooled);
        Assert.Equal(samples, _spool.Events);
    }

    private async Task<(ScriptedSink Sink, CompletionReport Report)> RunAgainAsync(Action<SampleBatch>? delivering = null)
    {
        var sink = new ScriptedSink("a") { Delivering = delivering };
        CapturePipeline pipeline = await StartAsync(new FedCounters(), sink);
        return (sink, await pipeline.CompleteAsync(s_budget));
    }

    private async Task<CapturePipeline> StartAsync(FedCounters counters, ScriptedSink sink, bool drops = false, EventOrigin? origin = null)
    {
        CapturePipeline pipeline = Build(counters, sink, drops, origin);
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }

    private CapturePipeline Build(FedCounters counters, ScriptedSink sink, bool drops, EventOrigin? origin) => new CapturePipelineBuilder()
        .AddSink(sink, new SinkQueueOptions { MaxBytes = QueueBytes, Overflow = OverflowPolicy.Spool, Spool = _spool, DropsWhenSpoolIsFull = drops })
        .UseKernelCounters(counters)
        .UseOrigin(origin ?? EventOrigin.ForThisRun())
        .UseOptions(new CapturePipelineOptions { BatchBytes = 16 * 1024 })
        .Build();
}
