// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Ordering;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.Pipeline.Timing;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Ordering;

public sealed class SampleResequencerTests
{
    private const long HoldNs = 20_000_000;

    private static readonly ulong[] s_swapped = [0, 1, 2, 7, 6, 5, 4, 3];

    private readonly CollectingConsumer _out = new();
    private readonly LossLedger _ledger = new(new FixedKernelCounters(), [new SinkLedger("a")]);
    private long _nowNs;

    [Fact]
    public void Append_InOrder_PassesEachAtOnce()
    {
        SampleResequencer resequencer = Create();
        for (ulong i = 0; i < 5; i++)
        {
            resequencer.Append(Sample(i));
            Assert.Equal((int)i + 1, _out.Samples.Count);
        }

        Assert.False(resequencer.HoldsSamples);
    }

    [Theory]
    [InlineData(new ulong[] { 1, 0 })]
    [InlineData(new ulong[] { 2, 1, 0 })]
    [InlineData(new ulong[] { 0, 3, 2, 1 })]
    [InlineData(new ulong[] { 3, 6, 9, 2, 5, 8, 0, 1, 4, 7 })]
    [InlineData(new ulong[] { 9, 7, 8, 0, 5, 6, 1, 3, 4, 2 })]
    public void Append_Shuffled_ComesOutInOrderWithoutGap(ulong[] sequence)
    {
        SampleResequencer resequencer = Create();
        foreach (ulong number in sequence)
        {
            resequencer.Append(Sample(number));
        }

        Assert.Equal(sequence.Order(), _out.Samples.Select(static sample => sample.Sequence));
        Assert.DoesNotContain(_out.Samples, static sample => sample.Gap);
        Assert.False(resequencer.HoldsSamples);
    }

    [Fact]
    public void Append_OtherConnectionOrDirection_DoesNotWait()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(1, connection: 1));
        resequencer.Append(Sample(0, connection: 2));
        resequencer.Append(Sample(0, connection: 1, direction: TrafficDirection.Receive));
        Assert.Equal(2, _out.Samples.Count);
        resequencer.Append(Sample(0, connection: 1));
        Assert.Equal(4, _out.Samples.Count);
    }

    [Fact]
    public void Append_ConnectionThatEndsBeforeItBegins_IsPutRight()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(new ConnectionSample { Sequence = 1 }.Build());
        Assert.Empty(_out.Others);
        resequencer.Append(new ConnectionSample { Sequence = 0, Action = ConnectionAction.Open }.Build());
        Assert.Equal([ConnectionAction.Open, ConnectionAction.Close], _out.Others.Select(static sample => MemoryMarshal.Read<ConnectionHeader>(sample).Action));
    }

    [Fact]
    public void Complete_StartOfAConnectionMissing_SaysSoOnItsEnd()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(new ConnectionSample { Sequence = 1 }.Build());
        resequencer.Complete();
        ConnectionHeader end = MemoryMarshal.Read<ConnectionHeader>(_out.Others.Single());
        Assert.Equal((SampleFlags.Gap, 1u), (end.Header.Flags, end.LostBefore));
    }

    [Fact]
    public void Append_KernelLostTheOnesBefore_DoesNotWait()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(2, lostBefore: 2));
        resequencer.Append(Sample(3));
        resequencer.Append(Sample(7, lostBefore: 3));
        Assert.Equal([2UL, 3, 7], _out.Samples.Select(static sample => sample.Sequence));
        Assert.False(resequencer.HoldsSamples);
    }

    [Fact]
    public void Append_HeldSampleWhosePredecessorsWereLost_GoesWhenItsTurnComes()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(5, lostBefore: 4));
        Assert.Empty(_out.Samples);
        resequencer.Append(Sample(0));
        Assert.Equal([0UL, 5], _out.Samples.Select(static sample => sample.Sequence));
    }

    [Fact]
    public void EndOfDrain_PredecessorStillMissingAfterTheHold_GivesUpAndFlagsTheNext()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(0));
        resequencer.Append(Sample(2));
        resequencer.Append(Sample(3));
        _nowNs += HoldNs - 1;
        resequencer.EndOfDrain();
        Assert.Single(_out.Samples);
        _nowNs++;
        resequencer.EndOfDrain();
        Assert.Equal([(0UL, false), (2UL, true), (3UL, false)], _out.Samples.Select(static sample => (sample.Sequence, sample.Gap)));
        Assert.Equal(1, _ledger.Snapshot().ResequencerGaps);
        Assert.Equal(2, _out.Drains);
    }

    [Theory]
    [InlineData(5, 0, 4)]
    [InlineData(5, 2, 4)]
    [InlineData(ulong.MaxValue, 0, uint.MaxValue)]
    public void Complete_GapGivenUp_SaysHowManyAreMissingWithThoseLostInTheKernel(ulong sequence, uint lostBefore, uint missing)
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(0));
        resequencer.Append(Sample(sequence, lostBefore: lostBefore));
        resequencer.Complete();
        Assert.Equal([(false, 0), (true, missing)], _out.Samples.Select(static sample => (sample.Gap, sample.LostBefore)));
    }

    [Fact]
    public void EndOfDrain_SeveralGapsBeforeTheOldest_NoneWaitsForItsOwnHold()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(9));
        _nowNs += HoldNs - 1;
        resequencer.Append(Sample(7));
        resequencer.Append(Sample(5));
        _nowNs++;
        resequencer.EndOfDrain();
        Assert.Equal([(5UL, 5U), (7UL, 1U), (9UL, 1U)], _out.Samples.Select(static sample => (sample.Sequence, sample.LostBefore)));
        Assert.All(_out.Samples, static sample => Assert.True(sample.Gap));
        Assert.Equal(3, _ledger.Snapshot().ResequencerGaps);
    }

    [Fact]
    public void Append_AfterItsPlaceWasGivenUp_PassesAtOnceAndIsCountedAsLate()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(1));
        _nowNs += HoldNs;
        resequencer.EndOfDrain();
        resequencer.Append(Sample(0));
        resequencer.Append(Sample(2));
        resequencer.EndOfDrain();
        Assert.Equal([1UL, 0, 2], _out.Samples.Select(static sample => sample.Sequence));
        Assert.Equal(1, _ledger.Snapshot().ResequencerLate);
    }

    [Fact]
    public void Append_MoreBytesThanMayBeHeld_GivesUpTheOldestFirst()
    {
        // A buffer of a held sample has 256 bytes: four fit.
        SampleResequencer resequencer = Create(new ResequencerOptions { MaxHeldBytes = 1024 });
        resequencer.Append(Sample(1, connection: 1));
        for (ulong connection = 2; connection <= 5; connection++)
        {
            resequencer.Append(Sample(1, connection: connection));
        }

        Assert.Equal((1UL, true), _out.Samples.Select(static sample => (sample.Connection, sample.Gap)).Single());
        resequencer.Complete();
        Assert.Equal(5, _out.Samples.Count);
    }

    [Fact]
    public void Append_OneSampleLongerThanMayBeHeld_IsHeldAlone()
    {
        SampleResequencer resequencer = Create(new ResequencerOptions { MaxHeldBytes = 1024 });
        resequencer.Append(Sample(1, payloadBytes: 4000));
        Assert.True(resequencer.HoldsSamples);
        resequencer.Append(Sample(0));
        Assert.Equal([0UL, 1], _out.Samples.Select(static sample => sample.Sequence));
    }

    [Fact]
    public void Append_MoreStreamsThanTracked_ForgetsQuietOnesAndClaimsNoGapOnTheirReturn()
    {
        SampleResequencer resequencer = Create(new ResequencerOptions { MaxStreams = 2 });
        for (ulong connection = 1; connection <= 3; connection++)
        {
            resequencer.Append(Sample(0, connection: connection));
        }

        for (ulong connection = 1; connection <= 3; connection++)
        {
            resequencer.Append(Sample(1, connection: connection));
        }

        _nowNs += HoldNs;
        resequencer.EndOfDrain();
        Assert.Equal(6, _out.Samples.Count);
        Assert.DoesNotContain(_out.Samples, static sample => sample.Gap);
        Assert.Equal(0, _ledger.Snapshot().ResequencerGaps);
    }

    [Fact]
    public void Append_AllTrackedStreamsHoldSamples_PassesThoseOfTheOneThatIsForgotten()
    {
        SampleResequencer resequencer = Create(new ResequencerOptions { MaxStreams = 2 });
        resequencer.Append(Sample(1, connection: 1));
        resequencer.Append(Sample(1, connection: 2));
        resequencer.Append(Sample(0, connection: 3));
        Assert.Equal(2, _out.Samples.Count);
        Assert.Equal(1, _out.Samples.Count(static sample => sample.Gap));
        resequencer.Complete();
        Assert.Equal(3, _out.Samples.Count);
    }

    [Fact]
    public void Append_NotATlsSampleOrCutShort_GoesStraightOn()
    {
        SampleResequencer resequencer = Create();
        byte[] loss = LossSample.Build("ring_full", 1, 1);
        byte[] cut = Sample(7)[..151];
        resequencer.Append(loss);
        resequencer.Append(cut);
        resequencer.Append(default);
        Assert.Equal([loss, cut, []], _out.Others);
    }

    [Fact]
    public void Append_SameNumberTwiceWhileHeld_PassesBoth()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(1));
        resequencer.Append(Sample(1));
        resequencer.Append(Sample(0));
        Assert.Equal([0UL, 1, 1], _out.Samples.Select(static sample => sample.Sequence));
    }

    [Fact]
    public void Complete_SamplesHeld_PassesAllInOrder()
    {
        SampleResequencer resequencer = Create();
        resequencer.Append(Sample(4));
        resequencer.Append(Sample(2));
        resequencer.Complete();
        Assert.Equal([2UL, 4], _out.Samples.Select(static sample => sample.Sequence));
        Assert.Equal(2, _ledger.Snapshot().ResequencerGaps);
        Assert.Equal(1, _out.Drains);
    }

    [Fact]
    public void Append_InOrderOrSwapped_AllocatesNothingOnceWarm()
    {
        var sink = new NothingConsumer();
        var resequencer = new SampleResequencer(sink, _ledger, new KtimeClock(), new ResequencerOptions());
        byte[] sample = Sample(0);
        ulong number = 0;
        Run(resequencer, sample, ref number);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(resequencer, sample, ref number);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal((int)number, sink.Count);
    }

    private static void Run(SampleResequencer resequencer, byte[] sample, ref ulong number)
    {
        for (int round = 0; round < 500; round++)
        {
            foreach (ulong offset in s_swapped)
            {
                SetSequence(sample, number + offset);
                resequencer.Append(sample);
            }

            resequencer.EndOfDrain();
            number += 8;
        }
    }

    // Offset of `sequence` in struct sluice_tls_data.
    private static void SetSequence(byte[] sample, ulong sequence) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(sample.AsSpan(72), sequence);

    private static byte[] Sample(
        ulong sequence,
        ulong connection = 1,
        TrafficDirection direction = TrafficDirection.Transmit,
        uint lostBefore = 0,
        int payloadBytes = 8) =>
        new TlsSample
        {
            Sequence = sequence,
            ConnectionId = connection,
            Direction = direction,
            LostBefore = lostBefore,
            Payload = new byte[payloadBytes],
        }.Build();

    private SampleResequencer Create(ResequencerOptions? options = null) =>
        new(_out, _ledger, new KtimeClock(() => _nowNs, static () => 0), options ?? new ResequencerOptions());
}
