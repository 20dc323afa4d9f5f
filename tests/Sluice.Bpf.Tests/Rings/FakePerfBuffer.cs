// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Tests.Rings;

/// <summary>The kernel's side of a perf buffer, over memory of our own.</summary>
internal sealed unsafe class FakePerfBuffer : IDisposable
{
    public const uint Size = 4096;

    private readonly byte* _pages;

    public FakePerfBuffer(ulong startPosition = 0, int maxPassBytes = int.MaxValue)
    {
        _pages = (byte*)NativeMemory.AllocZeroed(4096 + Size);
        *DataHead = startPosition;
        *DataTail = startPosition;
        Ring = new PerfRing(_pages, _pages + 4096, Size, maxPassBytes, new byte[PerfRing.MaxRecordBytes]);
    }

    public PerfRing Ring { get; }

    public ulong PublishedPosition => *DataTail;

    public ulong Head
    {
        get => *DataHead;
        set => *DataHead = value;
    }

    private ulong* DataHead => (ulong*)(_pages + 1024);

    private ulong* DataTail => (ulong*)(_pages + 1032);

    /// <summary>A sample as perf_output_sample lays it out: the raw size counts the padding that aligns the record.</summary>
    public void AppendSample(ReadOnlySpan<byte> bytes, uint? saidRawSize = null)
    {
        int rawSize = ((bytes.Length + 4 + 7) & ~7) - 4;
        byte[] body = new byte[4 + rawSize];
        body.AsSpan().Fill(0xee); // padding is not zeroed by the kernel either
        BinaryPrimitives.WriteUInt32LittleEndian(body, saidRawSize ?? (uint)rawSize);
        bytes.CopyTo(body.AsSpan(4));
        AppendRecord(9, body);
    }

    public void AppendLost(ulong count)
    {
        byte[] body = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(body, 4711);
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(8), count);
        AppendRecord(2, body);
    }

    public void AppendRecord(uint type, ReadOnlySpan<byte> body, ushort? saidSize = null)
    {
        byte[] record = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, type);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(6), saidSize ?? (ushort)record.Length);
        body.CopyTo(record.AsSpan(8));
        for (int i = 0; i < record.Length; i++)
        {
            _pages[4096 + ((Head + (ulong)i) & (Size - 1))] = record[i];
        }

        Head += (ulong)record.Length;
    }

    public void Dispose() => NativeMemory.Free(_pages);
}
