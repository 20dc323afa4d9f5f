// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;

namespace Sluice.Benchmarks;

/// <summary>Memory that a ring can be laid over as if a kernel shared it: two pages for positions, then data. Freed by the process's end.</summary>
internal sealed unsafe class FakeMemory
{
    private const int PageBytes = 4096;

    private readonly byte* _start;

    /// <param name="dataBytes">Bytes of the data area, mirror included.</param>
    public FakeMemory(int dataBytes)
    {
        // SAFETY: alignment to a page, as mmap gives; the block is as long as the spans that are made over it below.
        unsafe
        {
            _start = (byte*)NativeMemory.AlignedAlloc((nuint)(2 * PageBytes) + (nuint)dataBytes, PageBytes);
            new Span<byte>(_start, 2 * PageBytes).Clear();
        }

        DataBytes = dataBytes;
    }

    public int DataBytes { get; }

    /// <summary>The page with the consumer's position; of a perf buffer the metadata page.</summary>
    public byte* FirstPage => _start;

    /// <summary>The page with the producer's position.</summary>
    public byte* SecondPage => _start + PageBytes;

    public byte* Data => _start + (2 * PageBytes);

    public Span<byte> DataSpan => new(Data, DataBytes);
}
