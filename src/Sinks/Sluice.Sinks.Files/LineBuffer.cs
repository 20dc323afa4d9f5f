// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Files;

/// <summary>Encoded events that wait for one write, with the place where each ends. Not thread-safe.</summary>
internal sealed class LineBuffer
{
    /// <summary>
    /// Bytes at which a buffer is written. A system call costs about a microsecond and a page of the file cache another per
    /// 4 KiB; at 256 KiB (300 events of 256 B payload) the call itself no longer shows.
    /// </summary>
    public const int FullBytes = 256 * 1024;

    private readonly OutputBuffer _output = new(FullBytes + (64 * 1024));
    private int[] _ends = new int[1024];

    /// <summary>Lines in the buffer.</summary>
    public int Count { get; private set; }

    /// <summary>Where whoever needs more than an encoder writes a line, and then calls <see cref="EndLine"/>.</summary>
    public OutputBuffer Output => _output;

    public bool IsFull => _output.Length >= FullBytes;

    /// <summary>Adds one event and its line break; false when the sample is malformed.</summary>
    public bool TryAdd(IEventEncoder encoder, ReadOnlySpan<byte> sample, in BatchStamp stamp)
    {
        if (!encoder.TryEncode(sample, stamp, _output))
        {
            return false;
        }

        _output.Write("\n"u8);
        EndLine();
        return true;
    }

    /// <summary>Ends what was written to <see cref="Output"/> since the last line: it counts as a line, though none breaks it.</summary>
    public void EndLine()
    {
        if (Count == _ends.Length)
        {
            Array.Resize(ref _ends, 2 * _ends.Length);
        }

        _ends[Count++] = _output.Length;
    }

    public void Clear()
    {
        _output.Clear();
        Count = 0;
    }

    /// <summary>The lines from <paramref name="first"/> on, as many as <paramref name="count"/> says; valid until the next change.</summary>
    public ReadOnlySpan<byte> Lines(int first, int count)
    {
        int start = StartOf(first);
        return _output.WrittenSpan.Slice(start, StartOf(first + count) - start);
    }

    /// <summary>How many whole lines from <paramref name="first"/> on fit into <paramref name="bytes"/>.</summary>
    public int CountWithin(int first, long bytes)
    {
        long limit = StartOf(first) + bytes;
        if (limit >= _output.Length)
        {
            return Count - first;
        }

        // The index of the first end that is greater than the limit.
        int index = _ends.AsSpan(first, Count - first).BinarySearch((int)Math.Max(limit, 0));
        return index >= 0 ? index + 1 : ~index;
    }

    private int StartOf(int line) => line == 0 ? 0 : _ends[line - 1];
}
