// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes IP addresses as text without an <see cref="System.Net.IPAddress"/> per event.</summary>
public static class IpAddressText
{
    /// <summary>The longest text: eight groups of four digits.</summary>
    public const int MaxBytes = 39;

    private const int IPv4Bytes = 4;
    private const int GroupCount = 8;

    /// <summary>Every byte in decimal: up to three digits and, in the last place, how many they are.</summary>
    private static readonly byte[] s_decimals = BuildDecimals();

    /// <summary>
    /// Writes four bytes in dotted form, sixteen as RFC 5952 has it, and returns the bytes written. <paramref name="destination"/> has room
    /// for <see cref="MaxBytes"/>.
    /// </summary>
    public static int Write(ReadOnlySpan<byte> address, Span<byte> destination) =>
        address.Length == IPv4Bytes ? WriteIPv4(address, destination) : WriteIPv6(address, destination);

    private static int WriteIPv4(ReadOnlySpan<byte> address, Span<byte> destination)
    {
        int written = 0;
        for (int i = 0; i < IPv4Bytes; i++)
        {
            ReadOnlySpan<byte> digits = s_decimals.AsSpan(address[i] * 4, 4);
            digits.CopyTo(destination[written..]);
            written += digits[3];
            destination[written++] = (byte)'.';
        }

        return written - 1;
    }

    private static int WriteIPv6(ReadOnlySpan<byte> address, Span<byte> destination)
    {
        (int zerosFrom, int zerosTo) = LongestZeros(address);
        int written = 0;
        for (int group = 0; group < GroupCount; group++)
        {
            if (group == zerosFrom)
            {
                destination[written++] = (byte)':';
                destination[written++] = (byte)':';
                group = zerosTo - 1;
                continue;
            }

            if (group != 0 && group != zerosTo)
            {
                destination[written++] = (byte)':';
            }

            written += WriteHex(Group(address, group), destination[written..]);
        }

        return written;
    }

    /// <summary>The first of the longest runs of two or more zero groups; (-1, -1) when there is none.</summary>
    private static (int From, int To) LongestZeros(ReadOnlySpan<byte> address)
    {
        (int From, int To) longest = (-1, -1);
        int from = 0;
        for (int group = 0; group < GroupCount; group++)
        {
            if (Group(address, group) != 0)
            {
                from = group + 1;
            }
            else if (group > from && group + 1 - from > longest.To - longest.From)
            {
                longest = (from, group + 1);
            }
        }

        return longest;
    }

    private static ushort Group(ReadOnlySpan<byte> address, int group) => BinaryPrimitives.ReadUInt16BigEndian(address[(2 * group)..]);

    private static int WriteHex(ushort group, Span<byte> destination)
    {
        int bits = 32 - BitOperations.LeadingZeroCount((uint)group);
        int digits = Math.Max(1, (bits + 3) / 4);
        for (int i = digits - 1; i >= 0; i--)
        {
            destination[i] = "0123456789abcdef"u8[group & 0xf];
            group >>= 4;
        }

        return digits;
    }

    private static byte[] BuildDecimals()
    {
        byte[] decimals = new byte[256 * 4];
        for (int value = 0; value < 256; value++)
        {
            Span<byte> slot = decimals.AsSpan(value * 4, 4);
            value.TryFormat(slot, out int digits);
            slot[3] = (byte)digits;
        }

        return decimals;
    }
}
