// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Throughput;

/// <summary>The text that generated samples carry: an HTTP request, as a TLS tap mostly sees.</summary>
internal static class SyntheticPayload
{
    /// <summary>Where the sample's number stands, as 12 decimal digits (bpf/include/generator.h).</summary>
    public const int NumberAt = 12;

    // Line ends and quotes are what JSON has to escape: leaving them out would flatter the encoder.
    private static ReadOnlySpan<byte> Request =>
        "GET /orders/000000000000?expand=\"items\" HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: client/1.0 (x86_64)\r\nAccept: application/json\r\n"u8;

    private static ReadOnlySpan<byte> Filler => "X-Trace: 4bf92f3577b34da6a3ce929d0e0e4736; path=/checkout; user=\"42\"\r\n"u8;

    /// <summary>Fills <paramref name="text"/> to its end.</summary>
    public static void Fill(Span<byte> text)
    {
        int used = Math.Min(Request.Length, text.Length);
        Request[..used].CopyTo(text);
        while (used < text.Length)
        {
            int part = Math.Min(Filler.Length, text.Length - used);
            Filler[..part].CopyTo(text[used..]);
            used += part;
        }
    }
}
