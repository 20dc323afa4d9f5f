// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Bpf;

namespace Sluice.Benchmarks;

/// <summary>A BPF ring buffer without a kernel: fills itself with records as <c>bpf_ringbuf_output</c> does.</summary>
internal sealed unsafe class FakeRingbuf
{
    private const int HeaderBytes = 8;

    private readonly FakeMemory _memory;
    private readonly int _size;

    public FakeRingbuf(int size)
    {
        // The data area is mapped twice in a row; here the second copy is kept equal by writing to both.
        _memory = new FakeMemory(2 * size);
        _size = size;

        // SAFETY: the pages and the data, mirror included, are inside the block of _memory, which is never freed.
        unsafe
        {
            Ring = new RingbufRing(_memory.FirstPage, _memory.SecondPage, _memory.Data, (uint)size, maxPassBytes: size);
        }
    }

    public RingbufRing Ring { get; }

    /// <summary>Writes as many records as fit behind what was read, and returns how many.</summary>
    public int Fill(ReadOnlySpan<byte> record)
    {
        int stride = HeaderBytes + ((record.Length + 7) & ~7);
        int count = _size / stride;
        ulong position = Ring.Position;
        for (int i = 0; i < count; i++, position += (ulong)stride)
        {
            int offset = (int)(position & (ulong)(_size - 1));
            WriteRecord(_memory.DataSpan[offset..], record);
            WriteRecord(_memory.DataSpan[((offset + _size) % (2 * _size))..], record);
        }

        // SAFETY: the second page holds the 8 bytes of the position; nobody else writes them.
        unsafe
        {
            *(ulong*)_memory.SecondPage = position;
        }

        return count;
    }

    private static void WriteRecord(Span<byte> to, ReadOnlySpan<byte> record)
    {
        // In the mirror's last record the end lies past the block: its start, in the first half, is what is read.
        if (to.Length < HeaderBytes + record.Length)
        {
            return;
        }

        ulong header = (uint)record.Length;
        MemoryMarshal.Write(to, in header);
        record.CopyTo(to[HeaderBytes..]);
    }
}
