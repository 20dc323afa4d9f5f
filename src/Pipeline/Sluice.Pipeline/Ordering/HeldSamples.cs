// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Ordering;

/// <summary>
/// The samples that are held back, in slots that are linked by index; the memory of slots and samples is reused. Not thread-safe.
/// </summary>
internal sealed class HeldSamples(long maxIdleBytes)
{
    /// <summary>No slot.</summary>
    public const int None = -1;

    private readonly BufferStacks _buffers = new(maxIdleBytes);
    private HeldSample[] _slots = new HeldSample[64];
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;

    /// <summary>Bytes of memory that the held samples take.</summary>
    public long Bytes { get; private set; }

    /// <summary>The sample that has been held longest; <see cref="None"/> when none is held.</summary>
    public int Oldest => _oldest;

    public ref HeldSample this[int slot] => ref _slots[slot];

    /// <summary>The bytes of a held sample, to be changed in place; valid until it is removed.</summary>
    public Span<byte> Content(int slot) => _slots[slot].Buffer.AsSpan(0, _slots[slot].Length);

    /// <summary>Copies a sample into a slot, as the newest; the caller links it into its stream.</summary>
    public int Add(scoped ReadOnlySpan<byte> sample, int stream, ulong sequence, ulong start, long nowNs)
    {
        int slot = TakeSlot();
        byte[] buffer = _buffers.Rent(sample.Length);
        sample.CopyTo(buffer);
        Bytes += buffer.Length;
        _slots[slot] = new HeldSample
        {
            Buffer = buffer,
            Length = sample.Length,
            Stream = stream,
            Sequence = sequence,
            Start = start,
            ArrivedNs = nowNs,
            Next = None,
            Previous = None,
            Newer = None,
            Older = _newest,
        };
        if (_newest == None)
        {
            _oldest = slot;
        }
        else
        {
            _slots[_newest].Newer = slot;
        }

        _newest = slot;
        return slot;
    }

    /// <summary>Frees a slot that its stream has let go of.</summary>
    public void Remove(int slot)
    {
        ref HeldSample held = ref _slots[slot];
        if (held.Older == None)
        {
            _oldest = held.Newer;
        }
        else
        {
            _slots[held.Older].Newer = held.Newer;
        }

        if (held.Newer == None)
        {
            _newest = held.Older;
        }
        else
        {
            _slots[held.Newer].Older = held.Older;
        }

        Bytes -= held.Buffer.Length;
        _buffers.Return(held.Buffer);
        held = default;
        held.Next = _free;
        _free = slot;
    }

    private int TakeSlot()
    {
        if (_free != None)
        {
            int slot = _free;
            _free = _slots[slot].Next;
            return slot;
        }

        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        return _used++;
    }
}
