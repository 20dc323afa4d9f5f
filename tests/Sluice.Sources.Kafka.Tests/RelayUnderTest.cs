// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>Source, pipeline and one sink, put together as <c>sluice relay</c> does.</summary>
internal sealed class RelayUnderTest : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly KafkaSource _source;
    private readonly CapturePipeline _pipeline;
    private readonly Task _reading;

    private RelayUnderTest(KafkaSource source, CapturePipeline pipeline, CollectingSink sink, RecordingLogger logger)
    {
        _source = source;
        _pipeline = pipeline;
        Sink = sink;
        Logger = logger;
        _reading = Task.Factory.StartNew(() => source.Run(null, _stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public CollectingSink Sink { get; }

    public RecordingLogger Logger { get; }

    public static async Task<RelayUnderTest> StartAsync(string from, string group, CollectingSink? sink = null)
    {
        sink ??= new CollectingSink();
        var logger = new RecordingLogger();
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        var source = new KafkaSource(KafkaSourceOptions.Parse(SinkUri.ParseSource(from), group), pipeline, counters, mayWaitForSinks: true, logger);
        try
        {
            source.Check(TestContext.Current.CancellationToken);
            await pipeline.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            source.Dispose();
            throw;
        }

        return new RelayUnderTest(source, pipeline, sink, logger);
    }

    /// <summary>Waits until it holds.</summary>
    public static async Task EventuallyAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < s_patience, $"Not within {s_patience.TotalSeconds} s: {what}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public Task WaitForEventsAsync(long count) => EventuallyAsync(() => Sink.Events.Count >= count, $"{count} events");

    /// <summary>The orderly stop; the final ledger, whose equations hold.</summary>
    public async Task<LedgerSnapshot> StopAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        CompletionReport report = await _pipeline.CompleteAsync(TimeSpan.FromSeconds(10));
        _source.Finish();
        Assert.Empty(report.Ledger.Verify());
        return report.Ledger;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _source.Dispose();
        _stop.Dispose();
    }
}
