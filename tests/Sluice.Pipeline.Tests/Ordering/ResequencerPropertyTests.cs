// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Ordering;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.Pipeline.Timing;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Ordering;

public sealed class ResequencerPropertyTests
{
    private static readonly ResequencerOptions s_ample = new() { MaxHold = TimeSpan.FromHours(1), MaxHeldBytes = int.MaxValue };

    /// <summary>Samples of several connections, in the order in which several CPUs' buffers give them.</summary>
    private static readonly Gen<Step[]> s_steps =
        from streams in Gen.Choose(1, 4)
        from length in Gen.Choose(0, 120)
        from jitter in Gen.ArrayOf(Gen.Choose(0, 40), length)
        from lost in Gen.ArrayOf(Gen.Choose(0, 19), length)
        from gone in Gen.ArrayOf(Gen.Choose(0, 19), length)
        from waits in Gen.ArrayOf(Gen.Choose(0, 9), length)
        select Build(streams, jitter, lost, gone, waits);

    [Fact]
    public void BoundedShuffleWithKernelLoss_ComesOutInOrderWithoutAGap() =>
        Prop.ForAll(s_steps.ToArbitrary(), static steps =>
        {
            // With those that would vanish unannounced the numbers are complete, so nothing may be given up.
            (CollectingConsumer output, LossLedger ledger) = Run(steps, s_ample);
            return IsConserved(steps, output)
                && IsRising(output)
                && !output.Samples.Any(static sample => sample.Gap)
                && ledger.Snapshot().ResequencerGaps == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void AnythingMissingAnyLimits_EverySampleComesOutOnceAndGapsAreCounted() =>
        Prop.ForAll(s_steps.ToArbitrary(), Gen.Choose(1, 30).ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), static (steps, held, streams) =>
        {
            Step[] arriving = [.. steps.Where(static step => !step.IsGone)];
            var options = new ResequencerOptions { MaxHold = TimeSpan.FromMilliseconds(2), MaxHeldBytes = held * 256, MaxStreams = streams };
            (CollectingConsumer output, LossLedger ledger) = Run(arriving, options);
            return IsConserved(arriving, output)
                && output.Samples.Count(static sample => sample.Gap) == ledger.Snapshot().ResequencerGaps;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void AnythingMissing_OrderIsBrokenOnlyByLateSamples() =>
        Prop.ForAll(s_steps.ToArbitrary(), static steps =>
        {
            Step[] arriving = [.. steps.Where(static step => !step.IsGone)];
            (CollectingConsumer output, LossLedger ledger) = Run(arriving, new ResequencerOptions { MaxHold = TimeSpan.FromMilliseconds(2) });
            return CountBelowHighest(output) == ledger.Snapshot().ResequencerLate;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Step[] Build(int streams, int[] jitter, int[] lost, int[] gone, int[] waits)
    {
        var next = new ulong[streams];
        var lostBefore = new uint[streams];
        var steps = new List<(int Key, Step Step)>();
        for (int i = 0; i < jitter.Length; i++)
        {
            int stream = i % streams;
            ulong sequence = next[stream]++;
            if (lost[i] == 0)
            {
                lostBefore[stream]++;
                continue;
            }

            steps.Add((i + jitter[i], new Step((ulong)i, (ulong)stream, sequence, lostBefore[stream], gone[i] == 0, waits[i] == 0)));
            lostBefore[stream] = 0;
        }

        return [.. steps.OrderBy(static step => step.Key).Select(static step => step.Step)];
    }

    private static (CollectingConsumer Output, LossLedger Ledger) Run(Step[] arriving, ResequencerOptions options)
    {
        long nowNs = 0;
        var output = new CollectingConsumer();
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        var resequencer = new SampleResequencer(output, ledger, new KtimeClock(() => nowNs, static () => 0), options);
        foreach (Step step in arriving)
        {
            resequencer.Append(new TlsSample
            {
                CpuSequence = step.Id,
                ConnectionId = step.Connection,
                Sequence = step.Sequence,
                LostBefore = step.LostBefore,
                Flags = SampleFlags.None,
            }.Build());
            if (step.EndsDrain)
            {
                nowNs += 1_000_000;
                resequencer.EndOfDrain();
            }
        }

        resequencer.Complete();
        return (output, ledger);
    }

    private static bool IsConserved(Step[] arriving, CollectingConsumer output) =>
        arriving.Select(static step => step.Id).Order().SequenceEqual(output.Samples.Select(static sample => sample.Id).Order());

    private static bool IsRising(CollectingConsumer output) => CountBelowHighest(output) == 0;

    private static int CountBelowHighest(CollectingConsumer output)
    {
        var highest = new Dictionary<ulong, ulong>();
        int below = 0;
        foreach ((ulong connection, _, ulong sequence, _, _, _) in output.Samples)
        {
            if (highest.TryGetValue(connection, out ulong top) && sequence <= top)
            {
                below++;
            }
            else
            {
                highest[connection] = sequence;
            }
        }

        return below;
    }
}
