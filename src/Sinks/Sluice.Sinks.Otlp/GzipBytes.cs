// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.IO.Compression;

namespace Sluice.Sinks.Otlp;

/// <summary>Unpacks what a server sends.</summary>
internal static class GzipBytes
{
    /// <summary>The bytes; null when these are no gzip, or more than <paramref name="maxBytes"/> come out.</summary>
    public static byte[]? TryUnpack(ReadOnlySpan<byte> packed, int maxBytes)
    {
        byte[] unpacked = new byte[maxBytes + 1];
        try
        {
            using var gzip = new GZipStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            int length = gzip.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false);
            return length <= maxBytes ? unpacked[..length] : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
