// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>Protocol Buffers' variable-length numbers: seven bits a byte, the lowest first, the eighth says that more follow.</summary>
internal static class Varint
{
    /// <summary>The longest, of 64 bits.</summary>
    public const int MaxBytes = 10;

    private const byte More = 0x80;

    /// <summary>Writes as few bytes as it takes and returns how many. <paramref name="destination"/> has room for them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, ulong value)
    {
        int written = 0;
        while (value >= More)
        {
            destination[written++] = (byte)(value | More);
            value >>= 7;
        }

        destination[written++] = (byte)value;
        return written;
    }

    /// <summary>
    /// Fills the whole of <paramref name="destination"/>, with zeros in the high digits: the length of what is not written yet gets its place
    /// before it is known. Every reader takes such a number.
    /// </summary>
    public static void WritePadded(Span<byte> destination, uint value)
    {
        for (int i = 0; i < destination.Length - 1; i++)
        {
            destination[i] = (byte)(value | More);
            value >>= 7;
        }

        if (value >= More)
        {
            throw new ArgumentOutOfRangeException(nameof(value), "The place kept for a length is too small for it.");
        }

        destination[^1] = (byte)value;
    }
}
