// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Bpf;

namespace Sluice.Benchmarks;

/// <summary>A perf buffer without a kernel: fills itself with samples as <c>bpf_perf_event_output</c> does, wrapped ones included.</summary>
internal sealed unsafe class FakePerfBuffer
{
    private const int SampleType = 9; // PERF_RECORD_SAMPLE
    private const int HeaderBytes = 8;
    private const int LengthBytes = 4;
    private const int HeadOffset = 1024; // data_head in struct perf_event_mmap_page

    private readonly FakeMemory _memory;
    private readonly byte[] _record = new byte[PerfRing.MaxRecordBytes];

    public FakePerfBuffer(int size)
    {
        _memory = new FakeMemory(size);

        // SAFETY: the page and the data are inside the block of _memory, which is never freed.
        unsafe
        {
            Ring = new PerfRing(_memory.FirstPage, _memory.Data, (uint)size, maxPassBytes: size, new byte[PerfRing.MaxRecordBytes]);
        }
    }

    public PerfRing Ring { get; }

    /// <summary>Writes as many samples as fit behind what was read, and returns how many.</summary>
    public int Fill(ReadOnlySpan<byte> sample)
    {
        ReadOnlySpan<byte> record = Compose(sample);
        int count = _memory.DataBytes / record.Length;
        ulong position = Ring.Position;
        for (int i = 0; i < count; i++, position += (ulong)record.Length)
        {
            int offset = (int)(position & (ulong)(_memory.DataBytes - 1));
            int first = Math.Min(record.Length, _memory.DataBytes - offset);
            record[..first].CopyTo(_memory.DataSpan[offset..]);
            record[first..].CopyTo(_memory.DataSpan);
        }

        // SAFETY: the metadata page holds the 8 bytes of data_head; nobody else writes them.
        unsafe
        {
            *(ulong*)(_memory.FirstPage + HeadOffset) = position;
        }

        return count;
    }

    /// <summary>perf_event_header, length, sample, and padding to a multiple of 8 that the length includes.</summary>
    private ReadOnlySpan<byte> Compose(ReadOnlySpan<byte> sample)
    {
        int size = (HeaderBytes + LengthBytes + sample.Length + 7) & ~7;
        Span<byte> record = _record.AsSpan(0, size);
        record.Clear();
        MemoryMarshal.Write(record, SampleType);
        MemoryMarshal.Write(record[6..], (ushort)size);
        MemoryMarshal.Write(record[HeaderBytes..], size - HeaderBytes - LengthBytes);
        sample.CopyTo(record[(HeaderBytes + LengthBytes)..]);
        return record;
    }
}
