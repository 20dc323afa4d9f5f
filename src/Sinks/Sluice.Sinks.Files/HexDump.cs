// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Files;

/// <summary>Rows of sixteen bytes: offset, hexadecimal, printable ASCII, in the manner of <c>hexdump -C</c>.</summary>
internal static class HexDump
{
    public const int BytesPerRow = 16;

    private const int MaxRowBytes = 16 + 2 + (3 * BytesPerRow) + 3 + BytesPerRow + 1;

    /// <param name="bytes">What to show.</param>
    /// <param name="offset">Number of the first byte.</param>
    /// <param name="lineStart">Written before every row.</param>
    /// <param name="output">Where to write; the last row has no line break.</param>
    public static void Write(ReadOnlySpan<byte> bytes, ulong offset, ReadOnlySpan<byte> lineStart, OutputBuffer output)
    {
        for (int start = 0; start < bytes.Length; start += BytesPerRow)
        {
            if (start != 0)
            {
                output.Write("\n"u8);
            }

            output.Write(lineStart);
            WriteRow(bytes.Slice(start, Math.Min(BytesPerRow, bytes.Length - start)), offset + (ulong)start, output);
        }
    }

    private static void WriteRow(ReadOnlySpan<byte> row, ulong offset, OutputBuffer output)
    {
        Span<byte> line = output.GetSpan(MaxRowBytes);
        offset.TryFormat(line, out int at, "x8", CultureInfo.InvariantCulture);
        for (int i = 0; i < BytesPerRow; i++)
        {
            if (i % (BytesPerRow / 2) == 0)
            {
                line[at++] = (byte)' ';
            }

            line[at++] = (byte)' ';
            line[at++] = i < row.Length ? "0123456789abcdef"u8[row[i] >> 4] : (byte)' ';
            line[at++] = i < row.Length ? "0123456789abcdef"u8[row[i] & 0xf] : (byte)' ';
        }

        "  |"u8.CopyTo(line[at..]);
        at += 3;
        foreach (byte value in row)
        {
            line[at++] = value is >= (byte)' ' and <= (byte)'~' ? value : (byte)'.';
        }

        line[at++] = (byte)'|';
        output.Advance(at);
    }
}
