// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Tests.Rings;

/// <summary>The kernel's side of a ring buffer, over memory of our own; what it writes shows up in both copies of the data.</summary>
internal sealed unsafe class FakeRingbuf : IDisposable
{
    public const uint Busy = 1u << 31;
    public const uint Discard = 1u << 30;
    public const uint Size = 4096;

    private readonly ulong* _pages;

    public FakeRingbuf(ulong startPosition = 0, int maxPassBytes = int.MaxValue)
    {
        _pages = (ulong*)NativeMemory.AllocZeroed(16 + (2 * Size));
        Data = (byte*)(_pages + 2);
        _pages[0] = startPosition;
        _pages[1] = startPosition;
        Ring = new RingbufRing((byte*)_pages, (byte*)(_pages + 1), Data, Size, maxPassBytes);
    }

    public RingbufRing Ring { get; }

    public ulong PublishedPosition => _pages[0];

    public ulong ProducerPosition
    {
        get => _pages[1];
        set => _pages[1] = value;
    }

    private byte* Data { get; }

    /// <summary>Appends a record whose bytes are all <paramref name="fill"/>; the flags and a false length go into its header.</summary>
    public ulong Append(int length, byte fill, uint flags = 0, uint? saidLength = null)
    {
        ulong position = ProducerPosition;
        SetHeader(position, (saidLength ?? (uint)length) | flags);
        for (int i = 0; i < length; i++)
        {
            Put(position + 8 + (ulong)i, fill);
        }

        ProducerPosition = position + (((ulong)length + 15) & ~7ul);
        return position;
    }

    public void SetHeader(ulong position, uint header)
    {
        for (int i = 0; i < 4; i++)
        {
            Put(position + (ulong)i, (byte)(header >> (8 * i)));
        }
    }

    public void Dispose() => NativeMemory.Free(_pages);

    private void Put(ulong position, byte value)
    {
        ulong offset = position & (Size - 1);
        Data[offset] = value;
        Data[offset + Size] = value;
    }
}
