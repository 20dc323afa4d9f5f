// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Reading;

/// <summary>Reads IP addresses from text without an <see cref="System.Net.IPAddress"/> per event: the forms that <see cref="Encoding.IpAddressText"/> writes.</summary>
internal static class IpAddressReading
{
    private const int IPv4Bytes = 4;
    private const int IPv6Bytes = 16;
    private const int MaxGroupDigits = 4;

    /// <summary>Reads an address into the head of <paramref name="address"/>, which has 16 bytes; returns 4, 16, or 0 when it is none.</summary>
    public static int Read(ReadOnlySpan<byte> text, Span<byte> address) =>
        text.Contains((byte)':') ? ReadIPv6(text, address) : ReadIPv4(text, address);

    private static int ReadIPv4(ReadOnlySpan<byte> text, Span<byte> address)
    {
        int at = 0;
        for (int part = 0; part < IPv4Bytes; part++)
        {
            if (part != 0 && (at >= text.Length || text[at++] != '.'))
            {
                return 0;
            }

            int from = at;
            int value = 0;
            while (at < text.Length && at - from < 3 && char.IsAsciiDigit((char)text[at]))
            {
                value = (value * 10) + (text[at++] - '0');
            }

            // A zero in front may mean octal to others: what it says is not certain.
            if (at == from || value > byte.MaxValue || (at - from > 1 && text[from] == '0'))
            {
                return 0;
            }

            address[part] = (byte)value;
        }

        return at == text.Length ? IPv4Bytes : 0;
    }

    private static int ReadIPv6(ReadOnlySpan<byte> text, Span<byte> address)
    {
        address[..IPv6Bytes].Clear();
        int written = 0;
        int gapAt = -1;
        if (text.StartsWith("::"u8))
        {
            gapAt = 0;
            text = text[2..];
        }

        while (!text.IsEmpty)
        {
            int digits = ReadGroup(text, out int group);
            if (digits == 0 || written == IPv6Bytes)
            {
                return 0;
            }

            address[written++] = (byte)(group >> 8);
            address[written++] = (byte)group;
            text = text[digits..];
            if (text.IsEmpty)
            {
                break;
            }

            if (text[0] != ':' || text.Length == 1)
            {
                return 0;
            }

            text = text[1..];
            if (text[0] == ':')
            {
                if (gapAt >= 0)
                {
                    return 0;
                }

                gapAt = written;
                text = text[1..];
            }
        }

        return Spread(address, written, gapAt) ? IPv6Bytes : 0;
    }

    /// <summary>Moves what stands behind the gap to the end; false when there is too little without a gap, or no room for one.</summary>
    private static bool Spread(Span<byte> address, int written, int gapAt)
    {
        if (gapAt < 0 || written == IPv6Bytes)
        {
            return gapAt < 0 && written == IPv6Bytes;
        }

        int behind = written - gapAt;
        address.Slice(gapAt, behind).CopyTo(address[(IPv6Bytes - behind)..IPv6Bytes]);
        address[gapAt..(IPv6Bytes - behind)].Clear();
        return true;
    }

    private static int ReadGroup(ReadOnlySpan<byte> text, out int group)
    {
        group = 0;
        int digits = 0;
        while (digits < text.Length && digits < MaxGroupDigits && char.IsAsciiHexDigit((char)text[digits]))
        {
            int letter = text[digits++];
            group = (group << 4) | (letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10);
        }

        return digits;
    }
}
