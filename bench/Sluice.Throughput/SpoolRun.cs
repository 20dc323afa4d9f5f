// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Files;
using Sluice.Spool;

namespace Sluice.Throughput;

/// <summary>
/// Two runs with one spool. In the first the sink hangs, so that all that is fed goes to disk; in the second it takes everything, and the spool is
/// read and emptied.
/// </summary>
internal static class SpoolRun
{
    private const string SinkName = "spooled";

    /// <summary>Longer than small batches wait to be written together.</summary>
    private const double StillSeconds = 0.3;

    private static readonly TimeSpan s_budget = TimeSpan.FromSeconds(120);

    /// <exception cref="InvalidOperationException">Something did not arrive.</exception>
    public static async Task<SpoolFigures> ExecuteAsync(string directory, int megabytes, int payloadBytes)
    {
        byte[][] samples = new byte[10_000][];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = SyntheticSamples.Create(i, payloadBytes);
        }

        // A tenth first, unmeasured, so that the runtime has compiled what is measured then.
        long events = (long)megabytes * 1_000_000 / samples[0].Length;
        await WriteAsync(directory, samples, events / 10).ConfigureAwait(false);
        await ReadAsync(directory, events / 10, samples[0].Length).ConfigureAwait(false);
        Costs write = await WriteAsync(directory, samples, events).ConfigureAwait(false);
        Costs read = await ReadAsync(directory, events, samples[0].Length).ConfigureAwait(false);
        double bytes = (double)events * samples[0].Length / 1e6;
        return new SpoolFigures(
            bytes, events, bytes / write.Seconds, write.CpuSeconds, write.AllocatedBytes / events, bytes / read.Seconds, read.CpuSeconds, read.AllocatedBytes / events);
    }

    private static async Task<Costs> WriteAsync(string directory, byte[][] samples, long events)
    {
        var counters = new FedCounters();
        var hanging = new HangingSink(SinkName);
        CapturePipeline pipeline = Build(hanging, directory, counters);
        await pipeline.StartAsync(CancellationToken.None).ConfigureAwait(false);
        SampleIntake intake = pipeline.CreateIntake();
        // Memory first, which then stays full: what is measured goes to disk, and needs no new arenas.
        Feed(intake, counters, samples, EventsInMemory(samples[0].Length));
        WaitUntilStill(hanging.Ledger);
        Costs before = Costs.Now();
        Feed(intake, counters, samples, events);
        WaitUntilStill(hanging.Ledger);
        Costs costs = Costs.Now() - before;
        CompletionReport report = await pipeline.CompleteAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        return hanging.Ledger.Spooled == counters.Read().Submitted
            ? costs with { Seconds = costs.Seconds - StillSeconds }
            : throw new InvalidOperationException($"{counters.Read().Submitted} events were fed, but: {report.Ledger.ToText()}");
    }

    /// <summary>More than the queue and what may be on its way to disk.</summary>
    private static long EventsInMemory(int sampleBytes) => SinkQueueOptions.DefaultMaxBytes * 2 / sampleBytes;

    private static async Task<Costs> ReadAsync(string directory, long measured, int sampleBytes)
    {
        var sink = new NullSink(new NullSinkOptions { Name = SinkName });
        CapturePipeline pipeline = Build(sink, directory, new FedCounters());
        long events = measured + EventsInMemory(sampleBytes);
        Costs before = Costs.Now();
        await pipeline.StartAsync(CancellationToken.None).ConfigureAwait(false);
        while (sink.Ledger.Delivered != events)
        {
            Thread.Sleep(1);
        }

        Costs costs = Costs.Now() - before;
        CompletionReport report = await pipeline.CompleteAsync(s_budget).ConfigureAwait(false);
        return sink.Ledger.Recovered == events && sink.Ledger.Spooled == 0
            ? costs with { Seconds = costs.Seconds * measured / events, CpuSeconds = costs.CpuSeconds * measured / events }
            : throw new InvalidOperationException($"{events} events were in the spool, but: {report.Ledger.ToText()}");
    }

    private static CapturePipeline Build(ISink sink, string directory, FedCounters counters) => new CapturePipelineBuilder()
        .AddSink(sink, new SinkQueueOptions
        {
            MaxBytes = SinkQueueOptions.DefaultMaxBytes,
            Overflow = OverflowPolicy.Spool,
            Spool = new SqliteBatchSpool(new SpoolOptions(directory) { MaxBytes = 64L << 30 }, SinkName, NullLogger.Instance),
        })
        .UseKernelCounters(counters)
        .Build();

    private static void Feed(SampleIntake intake, FedCounters counters, byte[][] samples, long events)
    {
        for (long number = 0; number < events; number++)
        {
            intake.Append(samples[number % samples.Length]);
        }

        counters.AddSubmitted(events);
        intake.EndOfDrain();
    }

    /// <summary>Waits until nothing more goes to disk.</summary>
    private static void WaitUntilStill(SinkLedger ledger)
    {
        long last = -1;
        while (ledger.Spooled != last)
        {
            last = ledger.Spooled;
            Thread.Sleep(TimeSpan.FromSeconds(StillSeconds));
        }
    }
}
