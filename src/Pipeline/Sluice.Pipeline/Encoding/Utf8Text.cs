// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;

namespace Sluice.Pipeline.Encoding;

/// <summary>Makes valid UTF-8 out of any bytes.</summary>
public static class Utf8Text
{
    private const int ReplacementBytes = 3;

    /// <summary>What <see cref="Repair"/> can need for <paramref name="byteCount"/> bytes.</summary>
    public static int MaxRepairedBytes(int byteCount) => ReplacementBytes * byteCount;

    /// <summary>
    /// Copies <paramref name="bytes"/> with U+FFFD in the place of every part that is not UTF-8, and returns the bytes written.
    /// <paramref name="destination"/> has room for <see cref="MaxRepairedBytes"/>.
    /// </summary>
    public static int Repair(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        int written = 0;
        while (!bytes.IsEmpty)
        {
            // Gives U+FFFD by itself for what it cannot decode.
            Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            written += rune.EncodeToUtf8(destination[written..]);
            bytes = bytes[consumed..];
        }

        return written;
    }
}
