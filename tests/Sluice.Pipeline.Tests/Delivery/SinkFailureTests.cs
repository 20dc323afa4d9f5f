// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class SinkFailureTests
{
    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(10);

    private readonly FedCounters _counters = new();
    private readonly ConcurrentQueue<SinkFailure> _failures = [];
    private readonly CountingLogger _logger = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Write_SinkExceptionInTheMiddleOfABatch_TheRestIsDroppedForItsReasonAndOthersGoOn()
    {
        var dying = new ScriptedSink("dying");
        dying.Writing = (_, _) =>
        {
            dying.Ledger.AddDelivered(3);
            throw new SinkException("pipe closed", DropReason.PipeClosed, endsQuietly: true);
        };
        var healthy = new ScriptedSink("healthy");
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, dying, healthy);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(5_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(5_000, healthy.Delivered.Count);
        Assert.Equal(3, dying.Ledger.Delivered);
        Assert.Equal(4_997, dying.Ledger.Dropped(DropReason.PipeClosed));
        SinkFailure failure = Assert.Single(_failures);
        Assert.Equal(("dying", DropReason.PipeClosed, true), (failure.SinkName, failure.Reason, failure.EndsQuietly));
        Assert.Same(failure, Assert.Single(report.Failures));
        Assert.Empty(_logger.Lines);
        Assert.Equal(0, pipeline.Pool.Outstanding);
    }

    [Fact]
    public async Task Write_UnexpectedException_CountsAsSinkFailedAndIsLoggedOnce()
    {
        var sink = new ScriptedSink("a") { Writing = static (_, _) => throw new InvalidOperationException("a bug") };
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(5_000);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(5_000, sink.Ledger.Dropped(DropReason.SinkFailed));
        Assert.Empty(report.Ledger.Verify());
        Assert.False(Assert.Single(_failures).EndsQuietly);
        Assert.Single(_logger.Lines);
    }

    [Fact]
    public async Task Write_BlockSinkDiesWithItsQueueFull_LetsTheBlockedReaderGo()
    {
        var die = new TaskCompletionSource();
        var sink = new ScriptedSink("a");
        sink.Writing = async (_, _) =>
        {
            await die.Task;
            throw new SinkException("disk full");
        };
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, sink);
        Task reader = Task.Run(() => new Feeder(pipeline.CreateIntake(), _counters).Feed(20_000), TestEnd);
        await Task.Delay(200, TestEnd);
        Assert.False(reader.IsCompleted);
        die.SetResult();
        await reader.WaitAsync(TimeSpan.FromSeconds(10), TestEnd);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(20_000, sink.Ledger.Dropped(DropReason.SinkFailed));
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task Write_SinkDiesWithAcknowledgementsUnderWay_TheyStillCountAsDelivered()
    {
        var sink = new ScriptedSink("a") { LeavesPending = true };
        sink.Writing = (_, _) => sink.Batches == 0 ? ValueTask.CompletedTask : throw new SinkException("broken");
        sink.Flushing = _ =>
        {
            sink.Ledger.AddDelivered(1);
            return ValueTask.CompletedTask;
        };
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, sink);
        var feeder = new Feeder(pipeline.CreateIntake(), _counters);
        feeder.Feed(1);
        await sink.FirstBatch;
        feeder.Feed(99);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal(1, sink.Ledger.Delivered);
        Assert.Equal(99, sink.Ledger.Dropped(DropReason.SinkFailed));
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task Flush_Throws_TheSinkHasFailed()
    {
        var sink = new ScriptedSink("a") { LeavesPending = true, Flushing = static _ => throw new SinkException("cannot sync") };
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(10);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal("cannot sync", Assert.Single(report.Failures).Exception.Message);
        Assert.Equal(10, sink.Ledger.Dropped(DropReason.SinkFailed));
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task Dispose_Throws_TheSinkHasFailed()
    {
        var sink = new ScriptedSink("a") { Disposing = static () => throw new SinkException("cannot close") };
        CapturePipeline pipeline = await StartAsync(OverflowPolicy.Block, sink);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Equal("cannot close", Assert.Single(report.Failures).Exception.Message);
        Assert.Single(_failures);
    }

    [Fact]
    public async Task OnSinkFailed_HandlerThrows_TheStopStillWorks()
    {
        var sink = new ScriptedSink("a") { Writing = static (_, _) => throw new SinkException("broken") };
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(_counters).UseLogger(_logger)
            .OnSinkFailed(static _ => throw new InvalidOperationException("a bug of the host")).Build();
        await pipeline.StartAsync(TestEnd);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(10);
        CompletionReport report = await pipeline.CompleteAsync(s_budget);
        Assert.Single(report.Failures);
        Assert.Equal(1, sink.Disposals);
        Assert.Empty(report.Ledger.Verify());
        Assert.Single(_logger.Lines);
    }

    private async Task<CapturePipeline> StartAsync(OverflowPolicy overflow, params ScriptedSink[] sinks)
    {
        var builder = new CapturePipelineBuilder();
        foreach (ScriptedSink sink in sinks)
        {
            builder.AddSink(sink, new SinkQueueOptions { MaxBytes = 64 * 1024, Overflow = overflow });
        }

        CapturePipeline pipeline = builder.UseKernelCounters(_counters).UseLogger(_logger).OnSinkFailed(_failures.Enqueue)
            .UseOptions(new CapturePipelineOptions { BatchBytes = 16 * 1024 }).Build();
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }
}
