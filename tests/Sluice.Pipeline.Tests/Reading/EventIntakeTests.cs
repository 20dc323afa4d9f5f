// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Reading;

public sealed class EventIntakeTests
{
    private const int Runs = 40;

    /// <summary>Runs in turns, more than are collected at a time, each by two objects as of two encodings: every run stays in order, and batches hold one stamp.</summary>
    [Fact]
    public async Task OnEvent_ManyRunsInTurns_KeepsEachInOrderAndCountsAll()
    {
        var random = new Random(9);
        var seen = new List<(ulong Run, ulong Number)>();
        var sink = new ScriptedSink("a") { Delivering = batch => Collect(batch, seen) };
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(TestContext.Current.CancellationToken);
        EventOrigin[] origins = [.. Enumerable.Range(0, 2 * Runs).Select(static i => new EventOrigin($"host-{i % Runs}", (ulong)(i % Runs) + 1))];
        var intake = new EventIntake(pipeline, counters);
        ulong[] next = new ulong[Runs];
        for (int i = 0; i < 50_000; i++)
        {
            int origin = random.Next(random.Next(2) == 0 ? 4 : origins.Length);
            intake.OnEvent(origins[origin], random.Next(3) == 0 ? i / 100 : 0, new TlsSample { CpuSequence = next[origin % Runs]++ }.Build());
            if (random.Next(50) == 0)
            {
                intake.EndOfDrain();
            }

            if (random.Next(1_000) == 0)
            {
                intake.OnRefused(EventProblem.BadValue, "host.name");
            }
        }

        intake.HandOn();
        CompletionReport report = await pipeline.CompleteAsync(TimeSpan.FromSeconds(30));

        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(50_000, intake.Events);
        Assert.Equal(intake.Events + intake.Refused, report.Ledger.Submitted);
        Assert.Equal(intake.Refused, report.Ledger.Sinks[0].DroppedTotal);
        Assert.Equal(50_000, seen.Count);
        foreach (IGrouping<ulong, (ulong Run, ulong Number)> run in seen.GroupBy(static one => one.Run))
        {
            Assert.Equal(Enumerable.Range(0, (int)next[run.Key - 1]).Select(static i => (ulong)i), run.Select(static one => one.Number));
        }
    }

    private static void Collect(SampleBatch batch, List<(ulong Run, ulong Number)> seen)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            seen.Add((batch.Stamp.Origin.RunId, ScriptedSink.CpuSequence(batch[i])));
        }
    }
}
