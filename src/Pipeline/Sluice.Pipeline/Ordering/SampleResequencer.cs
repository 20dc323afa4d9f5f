// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Timing;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Ordering;

/// <summary>
/// Restores the order within a connection and direction, for a transport with one buffer per CPU (perf). Sits between the reader and its intake;
/// one thread at a time. Every sample that goes in comes out, once.
/// </summary>
/// <remarks>
/// A sample goes on when its number is the next one of its stream, or when the samples between are those that the kernel says it lost
/// (<c>lost_before</c>). Else it waits: at most <see cref="ResequencerOptions.MaxHold"/> and within <see cref="ResequencerOptions.MaxHeldBytes"/>. A gap that is given up
/// is counted in the ledger, and the sample behind it carries <see cref="SampleFlags.Gap"/> and how many are missing. A sample that comes after its place was given up goes
/// on at once and is counted as late.
/// <para>Samples that are in order are not copied; the cost is one look-up.</para>
/// </remarks>
public sealed class SampleResequencer : ISampleConsumer
{
    private readonly ISampleConsumer _next;
    private readonly LossLedger _ledger;
    private readonly KtimeClock _clock;
    private readonly long _maxHoldNs;
    private readonly int _maxHeldBytes;
    private readonly StreamTable _streams;
    private readonly HeldSamples _held;
    private long _gaps;
    private long _late;

    internal SampleResequencer(ISampleConsumer next, LossLedger ledger, KtimeClock clock, ResequencerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxStreams);
        _next = next;
        _ledger = ledger;
        _clock = clock;
        _maxHoldNs = (long)options.MaxHold.TotalNanoseconds;
        _maxHeldBytes = options.MaxHeldBytes;
        _streams = new StreamTable(options.MaxStreams);
        _held = new HeldSamples(options.MaxHeldBytes);
    }

    /// <summary>True while samples wait for their predecessors: <see cref="EndOfDrain"/> has to be called every few milliseconds then.</summary>
    public bool HoldsSamples => _held.Oldest != HeldSamples.None;

    /// <inheritdoc/>
    public void Append(scoped ReadOnlySpan<byte> sample)
    {
        // What has no place in a sequence goes on as well, malformed samples too: the intake counts those.
        if (!SampleOrder.TryRead(sample, out SampleOrder order))
        {
            _next.Append(sample);
            return;
        }

        if (!_streams.TryFind(order.Stream, out int index))
        {
            index = AddStream(order.Stream);
        }

        ulong start = order.Start;

        ref SequencedStream stream = ref _streams[index];
        stream.WasUsed = true;
        if (start <= stream.Expected)
        {
            Pass(ref stream, sample, order.Sequence);
            if (stream.Head != HeldSamples.None)
            {
                PassReady(ref stream);
            }
        }
        else
        {
            HoldSlow(index, sample, order.Sequence, start);
        }
    }

    /// <inheritdoc/>
    public void EndOfDrain()
    {
        if (HoldsSamples)
        {
            GiveUpExpired();
        }

        CountGivenUp();
        _next.EndOfDrain();
    }

    /// <summary>Passes on all that is held, in order. For the end of a capture, when nothing more can come.</summary>
    internal void Complete()
    {
        while (HoldsSamples)
        {
            GiveUpOldest();
        }

        CountGivenUp();
        _next.EndOfDrain();
    }

    private void Pass(ref SequencedStream stream, scoped ReadOnlySpan<byte> sample, ulong sequence)
    {
        if (sequence < stream.Expected)
        {
            _late++;
        }
        else
        {
            stream.Expected = sequence + 1;
        }

        _next.Append(sample);
    }

    /// <summary>Passes on the held samples whose turn it is.</summary>
    private void PassReady(ref SequencedStream stream)
    {
        while (stream.Head != HeldSamples.None && _held[stream.Head].Start <= stream.Expected)
        {
            int slot = stream.Head;
            Pass(ref stream, _held.Content(slot), _held[slot].Sequence);
            UnlinkHead(ref stream);
            _held.Remove(slot);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void HoldSlow(int index, scoped ReadOnlySpan<byte> sample, ulong sequence, ulong start)
    {
        while (HoldsSamples && _held.Bytes + sample.Length > _maxHeldBytes)
        {
            GiveUpOldest();
        }

        ref SequencedStream stream = ref _streams[index];
        if (start <= stream.Expected)
        {
            // Giving up made it this one's turn; what is still held of this stream comes after it or is let go by it.
            Pass(ref stream, sample, sequence);
            PassReady(ref stream);
            return;
        }

        int slot = _held.Add(sample, index, sequence, start, _clock.KtimeNs);
        Link(ref stream, slot);
    }

    private void GiveUpExpired()
    {
        long before = _clock.KtimeNs - _maxHoldNs;
        while (HoldsSamples && _held[_held.Oldest].ArrivedNs <= before)
        {
            GiveUpOldest();
        }
    }

    /// <summary>Stops waiting for what is missing before the sample that was held longest, and passes that sample on.</summary>
    private void GiveUpOldest()
    {
        int oldest = _held.Oldest;
        ref SequencedStream stream = ref _streams[_held[oldest].Stream];
        while (_held.Oldest == oldest)
        {
            CrossGap(ref stream);
        }
    }

    private void CrossGap(ref SequencedStream stream)
    {
        int head = stream.Head;
        bool provesLoss = stream.Expected != 0 || !stream.MayBeResumed;
        if (provesLoss)
        {
            // Those that the kernel says it lost are missing too: they lie between the sample's start and its own number.
            SampleOrder.MarkGap(_held.Content(head), uint.CreateSaturating(_held[head].Sequence - stream.Expected));
            _gaps++;
        }

        stream.Expected = _held[head].Start;
        PassReady(ref stream);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AddStream(StreamKey key)
    {
        if (!_streams.IsFull)
        {
            return _streams.Add(key);
        }

        int victim = _streams.ChooseVictim();
        ref SequencedStream stream = ref _streams[victim];
        while (stream.Head != HeldSamples.None)
        {
            CrossGap(ref stream);
        }

        _streams.Replace(victim, key);
        return victim;
    }

    /// <summary>Puts a held sample at its place among those of its stream; behind an equal number, which only a broken producer repeats.</summary>
    private void Link(ref SequencedStream stream, int slot)
    {
        ulong sequence = _held[slot].Sequence;
        int after = stream.Hint != HeldSamples.None ? stream.Hint : stream.Head;
        while (after != HeldSamples.None && _held[after].Sequence > sequence)
        {
            after = _held[after].Previous;
        }

        int before = after == HeldSamples.None ? stream.Head : _held[after].Next;
        while (before != HeldSamples.None && _held[before].Sequence <= sequence)
        {
            after = before;
            before = _held[before].Next;
        }

        LinkBetween(ref stream, after, slot, before);
        stream.Hint = slot;
    }

    private void LinkBetween(ref SequencedStream stream, int after, int slot, int before)
    {
        _held[slot].Previous = after;
        _held[slot].Next = before;
        if (after == HeldSamples.None)
        {
            stream.Head = slot;
        }
        else
        {
            _held[after].Next = slot;
        }

        if (before != HeldSamples.None)
        {
            _held[before].Previous = slot;
        }
    }

    private void UnlinkHead(ref SequencedStream stream)
    {
        int head = stream.Head;
        stream.Head = _held[head].Next;
        if (stream.Head != HeldSamples.None)
        {
            _held[stream.Head].Previous = HeldSamples.None;
        }

        if (stream.Hint == head)
        {
            stream.Hint = HeldSamples.None;
        }
    }

    private void CountGivenUp()
    {
        if ((_gaps | _late) != 0)
        {
            _ledger.CountResequenced(_gaps, _late);
            _gaps = 0;
            _late = 0;
        }
    }
}
