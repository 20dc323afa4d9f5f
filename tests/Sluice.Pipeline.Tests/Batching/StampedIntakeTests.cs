// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Batching;

public sealed class StampedIntakeTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(30);
    private static readonly BatchStamp s_first = new(new EventOrigin("first", 1), 1000, 1);
    private static readonly BatchStamp s_second = new(new EventOrigin("second", 2), -1000, 2);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_StampsChange_EveryBatchHasTheStampOfItsSamples()
    {
        var seen = new List<(BatchStamp Stamp, ulong Sequence)>();
        var sink = new ScriptedSink("a") { Delivering = batch => seen.AddRange(SequencesOf(batch)) };
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(TestEnd);

        StampedIntake intake = pipeline.CreateStampedIntake();
        var expected = new List<(BatchStamp, ulong)>();
        for (ulong i = 0; i < 3000; i++)
        {
            BatchStamp stamp = i / 7 % 2 == 0 ? s_first : s_second;
            expected.Add((stamp, i));
            counters.AddSubmitted(1);
            intake.Append(stamp, new TlsSample { CpuSequence = i }.Build());
            if (i % 5 == 0)
            {
                intake.EndOfDrain();
            }
        }

        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(3000, report.Ledger.Read);
        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task Append_SameStamp_FillsOneBatch()
    {
        using var goOn = new SemaphoreSlim(0);
        var sink = new ScriptedSink("a") { Writing = async (_, token) => await goOn.WaitAsync(token) };
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(TestEnd);
        StampedIntake intake = pipeline.CreateStampedIntake();
        counters.AddSubmitted(101);
        intake.Append(s_first, new TlsSample().Build());
        intake.EndOfDrain();
        await sink.FirstBatch;

        for (int i = 0; i < 100; i++)
        {
            intake.Append(s_first with { }, new TlsSample().Build());
            intake.EndOfDrain();
        }

        goOn.Release(2);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(2, sink.Batches);
        Assert.Equal(100, sink.LargestBatch);
    }

    [Fact]
    public async Task Append_LimitReached_TheOthersAreFiltered()
    {
        var sink = new ScriptedSink("a");
        var counters = new FedCounters();
        int reached = 0;
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(TestEnd);
        StampedIntake intake = pipeline.CreateStampedIntake(new SampleLimit(3, () => reached++));
        counters.AddSubmitted(5);
        for (ulong i = 0; i < 5; i++)
        {
            intake.Append(s_first, new TlsSample { CpuSequence = i }.Build());
        }

        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(1, reached);
        Assert.Equal([0, 1, 2], sink.Delivered);
        Assert.Equal(2, report.Ledger.Filtered);
    }

    private static IEnumerable<(BatchStamp Stamp, ulong Sequence)> SequencesOf(SampleBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            yield return (batch.Stamp, ScriptedSink.CpuSequence(batch[i]));
        }
    }
}
