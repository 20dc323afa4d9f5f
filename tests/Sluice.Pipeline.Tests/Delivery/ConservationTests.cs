// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using FsCheck;
using FsCheck.Fluent;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

/// <summary>Whatever the sinks do: no sample is lost without being counted, none is counted twice.</summary>
public sealed class ConservationTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(20);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Block_SlowSinkUnderLoadOfThreeReaders_DeliversEverySampleInOrder()
    {
        var counters = new FedCounters();
        var slow = new ScriptedSink("slow") { Writing = static async (_, token) => await Task.Delay(1, token) };
        var fast = new ScriptedSink("fast");
        CapturePipeline pipeline = await StartAsync(counters, (slow, OverflowPolicy.Block), (fast, OverflowPolicy.Block));
        await FeedAsync(pipeline, counters, readers: 3, samples: 5_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(15_000, slow.Ledger.Delivered);
        Assert.Equal(15_000, fast.Ledger.Delivered);
        AssertInOrderPerReader(slow);
        AssertInOrderPerReader(fast);
        Assert.Equal(0, pipeline.Pool.Outstanding);
    }

    [Fact]
    public async Task DropNewest_SinkStandsStill_DropsAreCountedAndTheOtherSinkHasEverything()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var still = new ScriptedSink("still") { Writing = (_, _) => new ValueTask(release.Task) };
        var fast = new ScriptedSink("fast");
        CapturePipeline pipeline = await StartAsync(counters, (still, OverflowPolicy.DropNewest), (fast, OverflowPolicy.Block));
        await FeedAsync(pipeline, counters, readers: 2, samples: 10_000);
        release.SetResult();
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(20_000, fast.Ledger.Delivered);
        Assert.True(still.Ledger.Dropped(DropReason.QueueFull) > 10_000);
        Assert.Equal(20_000, still.Ledger.Delivered + still.Ledger.Dropped(DropReason.QueueFull));
        AssertInOrderPerReader(still);
        Assert.Equal(0, pipeline.Pool.Outstanding);
    }

    [Fact]
    public async Task DropNewest_SamplesComeOneByOneToAStandingSink_TheQueueHoldsBytesNotArenas()
    {
        var counters = new FedCounters();
        var release = new TaskCompletionSource();
        var still = new ScriptedSink("still") { Writing = (_, _) => new ValueTask(release.Task) };
        var fast = new ScriptedSink("fast");
        CapturePipeline pipeline = new CapturePipelineBuilder()
            .AddSink(still, new SinkQueueOptions { MaxBytes = 1024 * 1024, Overflow = OverflowPolicy.DropNewest })
            .AddSink(fast)
            .UseKernelCounters(counters)
            .Build();
        await pipeline.StartAsync(TestEnd);
        var feeder = new Feeder(pipeline.CreateIntake(), counters);
        feeder.Feed(1);
        await still.FirstBatch;
        for (int round = 1; round <= 200; round++)
        {
            feeder.Feed(1);
            int fed = round + 1;
            await Eventually.HoldsAsync(() => fast.Ledger.Delivered == fed);
        }

        // With a whole arena of 256 KiB for each sample only four would fit.
        Assert.Equal(0, still.Ledger.Dropped(DropReason.QueueFull));
        release.SetResult();
        await pipeline.CompleteAsync(s_budget);
        Assert.Equal(201, still.Ledger.Delivered);
    }

    [Fact]
    public void AnyMixOfSinks_AnyLoad_TheSumsHoldExactly()
    {
        Gen<SinkPlan> sink =
            from policy in Gen.Elements(OverflowPolicy.Block, OverflowPolicy.DropNewest, OverflowPolicy.Spool, OverflowPolicy.Spool)
            from queueKiB in Gen.Choose(0, 64)
            from pauseEvery in Gen.Choose(1, 20)
            from fate in Gen.Elements(SinkFate.Healthy, SinkFate.Healthy, SinkFate.Dies, SinkFate.ForgetsOutcomes, SinkFate.Hangs)
            from fateAtBatch in Gen.Choose(0, 8)
            from spoolBatches in Gen.Choose(0, 200)
            from drops in Gen.Elements(true, false)
            select new SinkPlan(policy, queueKiB * 1024, pauseEvery, fate, fateAtBatch, spoolBatches, drops);
        Gen<LoadPlan> load =
            from sinks in Gen.ArrayOf(sink, 3)
            from count in Gen.Choose(1, 3)
            from readers in Gen.Choose(1, 3)
            from samples in Gen.Choose(0, 1_500)
            from limit in Gen.Choose(1, 6_000)
            from drainEvery in Gen.Choose(1, 200)
            select new LoadPlan(sinks[..count], readers, samples, limit, drainEvery);
        Prop.ForAll(load.ToArbitrary(), static plan => RunAsync(plan).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static async Task<bool> RunAsync(LoadPlan plan)
    {
        var counters = new FedCounters();
        ScriptedSink[] sinks = [.. plan.Sinks.Select(static (sink, i) => sink.Create($"sink{i}"))];
        FakeSpool[] spools = [.. plan.Sinks.Select(static sink => new FakeSpool { Capacity = sink.SpoolBatches })];
        var builder = new CapturePipelineBuilder();
        for (int i = 0; i < sinks.Length; i++)
        {
            builder.AddSink(sinks[i], plan.Sinks[i].Queue(spools[i]));
        }

        CapturePipeline pipeline = builder.UseKernelCounters(counters).UseOptions(new CapturePipelineOptions { BatchBytes = 8 * 1024 }).Build();
        await pipeline.StartAsync(TestEnd);
        var limit = new Sluice.Pipeline.Batching.SampleLimit(plan.Limit, static () => { });
        Task readers = Task.WhenAll(Enumerable.Range(0, plan.Readers).Select(cpu => Task.Run(
            () => new Feeder(pipeline.CreateIntake(limit), counters, cpu: (uint)cpu).Feed(plan.Samples, plan.DrainEvery), TestEnd)));
        bool hangs = plan.Sinks.Any(static sink => sink.Fate is SinkFate.Hangs or SinkFate.ForgetsOutcomes);
        await Task.WhenAny(readers, Task.Delay(50, TestEnd));
        pipeline.BeginStop(hangs ? TimeSpan.FromMilliseconds(100) : s_budget);
        await readers;
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        long passed = Math.Min(plan.Limit, (long)plan.Readers * plan.Samples);
        return report.Ledger.Verify().Count == 0
            && report.Ledger.Read == (long)plan.Readers * plan.Samples
            && report.Ledger.Read - report.Ledger.Filtered == passed
            && report.Ledger.Sinks.All(static sink => sink.Pending == 0)
            && sinks.All(static sink => IsInOrderPerReader(sink.Delivered))
            && await NextRunsDeliverTheRestAsync(plan, sinks, spools);
    }

    /// <summary>What a run leaves in its spools arrives in the next one, in order; what comes twice is counted.</summary>
    private static async Task<bool> NextRunsDeliverTheRestAsync(LoadPlan plan, ScriptedSink[] sinks, FakeSpool[] spools)
    {
        bool isRight = true;
        for (int i = 0; i < sinks.Length; i++)
        {
            if (plan.Sinks[i].Overflow != OverflowPolicy.Spool || sinks[i].LeavesPending)
            {
                continue;
            }

            long left = spools[i].Events;
            var next = new ScriptedSink(sinks[i].Ledger.Name);
            CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(next, plan.Sinks[i].Queue(spools[i])).Build();
            await pipeline.StartAsync(TestEnd);
            CompletionReport report = await pipeline.CompleteAsync(s_budget);
            ulong[] known = [.. sinks[i].Delivered, .. next.Delivered];
            isRight &= report.Ledger.Verify().Count == 0
                && (next.Ledger.Recovered, next.Ledger.Delivered, next.Ledger.Spooled) == (left, left, 0)
                && (left == sinks[i].Ledger.Spooled + next.Ledger.Duplicates || (RanOutOfTime(sinks[i]) && left >= sinks[i].Ledger.Spooled))
                && known.Length - known.Distinct().Count() <= next.Ledger.Duplicates
                && IsInOrderPerReader(next.Delivered)
                && spools[i].Events == 0;
        }

        return isRight;
    }

    /// <summary>Then the spool may have got more than was counted: counted as dropped, and yet it arrives.</summary>
    private static bool RanOutOfTime(ScriptedSink sink) =>
        sink.Ledger.Dropped(DropReason.DrainTimeout) + sink.Ledger.Dropped(DropReason.SinkFailed) != 0;

    private static async Task FeedAsync(CapturePipeline pipeline, FedCounters counters, int readers, int samples) =>
        await Task.WhenAll(Enumerable.Range(0, readers).Select(cpu => Task.Run(
            () => new Feeder(pipeline.CreateIntake(), counters, cpu: (uint)cpu).Feed(samples), TestEnd)));

    private static void AssertInOrderPerReader(ScriptedSink sink) => Assert.True(IsInOrderPerReader(sink.Delivered));

    private static bool IsInOrderPerReader(IReadOnlyList<ulong> delivered)
    {
        var last = new Dictionary<ulong, ulong>();
        foreach (ulong number in delivered)
        {
            ulong reader = number >> 40;
            if (last.TryGetValue(reader, out ulong previous) && number <= previous)
            {
                return false;
            }

            last[reader] = number;
        }

        return true;
    }

    private static async Task<CapturePipeline> StartAsync(FedCounters counters, params (ScriptedSink Sink, OverflowPolicy Overflow)[] sinks)
    {
        var builder = new CapturePipelineBuilder();
        foreach ((ScriptedSink sink, OverflowPolicy overflow) in sinks)
        {
            builder.AddSink(sink, new SinkQueueOptions { MaxBytes = 64 * 1024, Overflow = overflow });
        }

        CapturePipeline pipeline = builder.UseKernelCounters(counters).UseOptions(new CapturePipelineOptions { BatchBytes = 16 * 1024 }).Build();
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }
}
