// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes ids as hexadecimal text.</summary>
internal static class HexText
{
    /// <summary>Digits of 64 bits.</summary>
    public const int Digits = 2 * sizeof(ulong);

    /// <summary>Writes <see cref="Digits"/> digits, the highest first.</summary>
    public static void Write(ulong value, Span<byte> destination)
    {
        ulong bigEndian = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
        bool fits = Convert.TryToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in bigEndian)), destination, out _);
        Debug.Assert(fits, "The buffer has room for every field.");
    }
}
