// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using static Sluice.Probes.Elf.ElfFormat;

namespace Sluice.Probes.Elf;

/// <content>Search for text in constant data.</content>
public sealed partial class ElfFile
{
    private const int SearchChunkBytes = 256 * 1024;

    // Segments of a hostile file may overlap a thousand times and lie in a sparse file; no honest program has this much constant data.
    private const long MaxSearchedBytes = 1L << 30;

    /// <summary>Judges one occurrence.</summary>
    /// <param name="text">The bytes from the occurrence on: as many as were asked for, fewer at the end of a segment.</param>
    /// <returns>True to end the search.</returns>
    public delegate bool OccurrenceHandler(ReadOnlySpan<byte> text);

    /// <summary>
    /// Searches what is mapped read-only: constant data first, then code, which old linkers mixed with it. Reads in chunks; a text across two chunks is found.
    /// </summary>
    /// <param name="needle">What to find.</param>
    /// <param name="textBytes">How many bytes from the occurrence on the handler wants to see.</param>
    /// <param name="handler">Called for each occurrence until it returns true.</param>
    /// <returns>True when the handler ended the search.</returns>
    /// <exception cref="ElfException">The file became shorter meanwhile.</exception>
    public bool SearchReadOnlyData(ReadOnlySpan<byte> needle, int textBytes, OccurrenceHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ArgumentOutOfRangeException.ThrowIfLessThan(textBytes, needle.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(textBytes, SearchChunkBytes / 2);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(SearchChunkBytes);
        try
        {
            long budget = Math.Min(MaxSearchedBytes, _source.Length);
            foreach (ElfSegment segment in ReadOnlySegments())
            {
                if (SearchSegment(segment, needle, textBytes, handler, buffer, ref budget))
                {
                    return true;
                }
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private IEnumerable<ElfSegment> ReadOnlySegments() => _segments
        .Where(static segment => segment.Type == PT_LOAD && !segment.IsWritable)
        .OrderBy(static segment => segment.IsExecutable);

    private bool SearchSegment(
        ElfSegment segment, ReadOnlySpan<byte> needle, int textBytes, OccurrenceHandler handler, byte[] buffer, ref long budget)
    {
        if (segment.FileOffset >= (ulong)_source.Length)
        {
            return false;
        }

        long position = (long)segment.FileOffset;
        long end = position + (long)Math.Min(segment.FileSize, (ulong)(_source.Length - position));
        while (position < end && budget > 0)
        {
            int length = (int)Math.Min(SearchChunkBytes, end - position);
            if (_source.ReadAt(position, buffer.AsSpan(0, length)) < length)
            {
                throw Bad("was cut short while it was searched");
            }

            // Occurrences that begin in the last textBytes - 1 bytes are left to the next chunk, which begins with those bytes, unless this is the last one.
            bool isLast = position + length == end;
            int fresh = isLast ? length : length - (textBytes - 1);
            if (SearchChunk(buffer.AsSpan(0, length), fresh, needle, textBytes, handler))
            {
                return true;
            }

            position += fresh;
            budget -= fresh;
        }

        return false;
    }

    private static bool SearchChunk(ReadOnlySpan<byte> chunk, int fresh, ReadOnlySpan<byte> needle, int textBytes, OccurrenceHandler handler)
    {
        int at = 0;
        while (at < fresh)
        {
            int hit = chunk[at..].IndexOf(needle);
            if (hit < 0 || at + hit >= fresh)
            {
                return false;
            }

            at += hit;
            if (handler(chunk.Slice(at, Math.Min(textBytes, chunk.Length - at))))
            {
                return true;
            }

            at++;
        }

        return false;
    }
}
