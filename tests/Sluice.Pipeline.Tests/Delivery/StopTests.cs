// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class StopTests
{
    private static readonly TimeSpan s_longBudget = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_shortBudget = TimeSpan.FromMilliseconds(400);

    // Two busy cores: a timer may be late.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(20);

    private readonly FedCounters _counters = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Complete_SlowSinkWithinBudget_DeliversEverything()
    {
        var sink = new ScriptedSink("a") { Writing = static async (_, token) => await Task.Delay(5, token) };
        CapturePipeline pipeline = await StartAsync(sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(1_000);
        CompletionReport report = await pipeline.CompleteAsync(s_longBudget);
        Assert.True(report.WithinBudget);
        Assert.Equal(1_000, sink.Delivered.Count);
        Assert.Empty(report.Ledger.Verify());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Complete_SinkStuckInWrite_EndsInTimeAndCountsAllAsDrainTimeout(bool honoursToken)
    {
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a");
        sink.Writing = async (_, token) => await release.Task.WaitAsync(honoursToken ? token : CancellationToken.None);
        CapturePipeline pipeline = await StartAsync(sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(60);
        long start = Stopwatch.GetTimestamp();
        CompletionReport report = await pipeline.CompleteAsync(s_shortBudget);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(300), s_shortBudget + s_slack);
        Assert.False(report.WithinBudget);
        Assert.Equal(60, report.Abandoned);
        Assert.Equal(60, sink.Ledger.Dropped(DropReason.DrainTimeout));
        Assert.Empty(report.Ledger.Verify());

        // The stuck call comes back after all: its outcome is late and changes no sum.
        release.SetResult();
        if (!honoursToken)
        {
            await Eventually.HoldsAsync(() => sink.Ledger.LateOutcomes != 0);
        }

        Assert.Equal(0, sink.Ledger.Delivered);
        Assert.Empty(pipeline.Ledger.Verify());
    }

    [Fact]
    public async Task Complete_AcknowledgementsMissing_AreDrainTimeoutAndLateOnesDoNotCountTwice()
    {
        var sink = new ScriptedSink("a") { LeavesPending = true, Flushing = static token => new ValueTask(Task.Delay(Timeout.Infinite, token)) };
        CapturePipeline pipeline = await StartAsync(sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(60);
        sink.Ledger.AddDelivered(10);
        CompletionReport report = await pipeline.CompleteAsync(s_shortBudget);
        sink.Ledger.AddDelivered(50);
        Assert.Equal(50, report.Abandoned);
        Assert.Equal(10, sink.Ledger.Delivered);
        Assert.Equal(50, sink.Ledger.LateOutcomes);
        Assert.Empty(pipeline.Ledger.Verify());
    }

    [Fact]
    public async Task BeginStop_ReaderBlockedByAStuckSink_IsLetGoWhenTheTimeIsOver()
    {
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Writing = (_, _) => new ValueTask(release.Task) };
        CapturePipeline pipeline = await StartAsync(sink);
        Task reader = Task.Run(() => new Feeder(pipeline.CreateIntake(), _counters).Feed(20_000), TestEnd);
        await sink.FirstBatch;
        await Task.Delay(100, TestEnd);
        Assert.False(reader.IsCompleted);
        pipeline.BeginStop(s_shortBudget);
        await reader.WaitAsync(s_slack, TestEnd);
        CompletionReport report = await pipeline.CompleteAsync(s_longBudget).WaitAsync(s_slack, TestEnd);
        Assert.Equal(20_000, report.Abandoned);
        Assert.Empty(report.Ledger.Verify());
        release.SetResult();
    }

    [Fact]
    public async Task Complete_SinkStuckInDispose_EndsInTime()
    {
        var release = new TaskCompletionSource();
        var sink = new ScriptedSink("a") { Disposing = () => new ValueTask(release.Task) };
        CapturePipeline pipeline = await StartAsync(sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(10);
        CompletionReport report = await pipeline.CompleteAsync(s_shortBudget).WaitAsync(s_shortBudget + s_slack, TestEnd);
        Assert.False(report.WithinBudget);
        Assert.Equal(0, report.Abandoned);
        Assert.Equal(10, sink.Ledger.Delivered);
        Assert.Empty(report.Ledger.Verify());
        release.SetResult();
    }

    [Fact]
    public async Task Abandon_WhileCompleteWaits_EndsBothAtOnce()
    {
        var sink = new ScriptedSink("a") { Writing = static async (_, token) => await Task.Delay(Timeout.Infinite, token) };
        CapturePipeline pipeline = await StartAsync(sink);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(60);
        Task<CompletionReport> complete = pipeline.CompleteAsync(s_longBudget);
        await Task.Delay(50, TestEnd);
        Assert.False(complete.IsCompleted);
        CompletionReport abandoned = await pipeline.AbandonAsync().WaitAsync(s_slack, TestEnd);
        Assert.Same(abandoned, await complete);
        Assert.Equal(60, abandoned.Abandoned);
        Assert.Equal(1, sink.Disposals);
        Assert.Empty(abandoned.Ledger.Verify());
    }

    [Fact]
    public async Task Append_AfterComplete_IsCountedAsDrainTimeout()
    {
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = await StartAsync(sink);
        await pipeline.CompleteAsync(s_longBudget);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(1_000, drainEvery: 7);
        Assert.Empty(sink.Delivered);
        Assert.Equal(pipeline.Ledger.Read, sink.Ledger.Dropped(DropReason.DrainTimeout));
        Assert.Equal(0, sink.Ledger.LateOutcomes);
        Assert.Equal(0, sink.Ledger.Pending);
    }

    [Fact]
    public async Task LedgerFile_WhileRunningAndAtTheEnd_IsUpToDate()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var sink = new ScriptedSink("a");
            CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(_counters).UseLedgerFile(path)
                .UseOptions(new CapturePipelineOptions { ReportInterval = TimeSpan.FromMilliseconds(20) }).Build();
            await pipeline.StartAsync(TestEnd);
            Assert.Equal(0, Submitted(path));
            var feeder = new Feeder(pipeline.CreateIntake(), _counters);
            feeder.Feed(100);
            await Eventually.HoldsAsync(() => Submitted(path) == 100);

            feeder.Feed(50);
            CompletionReport report = await pipeline.CompleteAsync(s_longBudget);
            Assert.Null(report.LedgerFileFailure);
            Assert.Equal(report.Ledger.ToJson() + "\n", await File.ReadAllTextAsync(path, TestEnd));
            Assert.Equal(150, Submitted(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Complete_LedgerFileCannotBeWritten_SaysSoInAReportThatIsWhole()
    {
        string directory = Directory.CreateTempSubdirectory("sluice-ledger-").FullName;
        string path = Path.Combine(directory, "ledger.json");
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(_counters).UseLedgerFile(path)
            .UseOptions(new CapturePipelineOptions { ReportInterval = TimeSpan.FromHours(1) }).Build();
        await pipeline.StartAsync(TestEnd);
        Directory.Delete(directory, recursive: true);
        new Feeder(pipeline.CreateIntake(), _counters).Feed(60);
        CompletionReport report = await pipeline.CompleteAsync(s_longBudget);
        Assert.Contains($"'{path}': its directory does not exist. ", report.LedgerFileFailure?.Message, StringComparison.Ordinal);
        Assert.True(report.WithinBudget);
        Assert.Equal(60, sink.Ledger.Delivered);
        Assert.Equal(1, sink.Disposals);
        Assert.True(report.Ledger.IsFinal);
        Assert.Empty(report.Ledger.Verify());
    }

    [Fact]
    public async Task Start_LedgerFileCannotBeWritten_ThrowsAndDisposesTheSinks()
    {
        var sink = new ScriptedSink("a");
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseLedgerFile("/proc/none/ledger.json").Build();
        await Assert.ThrowsAsync<LedgerFileException>(() => pipeline.StartAsync(TestEnd));
        Assert.Equal(1, sink.Disposals);
    }

    private static long Submitted(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
        return json.RootElement.GetProperty("submitted").GetInt64();
    }

    private async Task<CapturePipeline> StartAsync(ScriptedSink sink)
    {
        CapturePipeline pipeline = new CapturePipelineBuilder()
            .AddSink(sink, new SinkQueueOptions { MaxBytes = 64 * 1024 })
            .UseKernelCounters(_counters)
            .UseOptions(new CapturePipelineOptions { BatchBytes = 16 * 1024 })
            .Build();
        await pipeline.StartAsync(TestEnd);
        return pipeline;
    }
}
