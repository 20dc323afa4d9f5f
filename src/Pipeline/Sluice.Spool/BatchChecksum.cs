// SPDX-License-Identifier: Apache-2.0
using System;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Sluice.Spool;

/// <summary>
/// CRC-32C over a batch with its stamp. It is there to notice damage, not forgery, and the processor has an instruction for it: 2.5–6 GB/s on two shared
/// virtual cores, where SHA-256 does 0.5–1.2.
/// </summary>
internal static class BatchChecksum
{
    /// <summary>The checksum of what a row holds, whatever checksum it has itself.</summary>
    public static uint Of(in StoredBatch row)
    {
        uint crc = BitOperations.Crc32C(~0u, (ulong)row.RunId);
        crc = BitOperations.Crc32C(crc, (ulong)row.ClockOffsetNs);
        crc = BitOperations.Crc32C(crc, (ulong)row.ObservedUnixNs);
        crc = Add(crc, row.Origin);
        crc = Add(crc, row.Ends);
        return ~Add(crc, row.Samples);
    }

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        // The length goes in first: a byte that moves from one part to the next must show.
        crc = BitOperations.Crc32C(crc, (uint)bytes.Length);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte last in bytes[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, last);
        }

        return crc;
    }
}
