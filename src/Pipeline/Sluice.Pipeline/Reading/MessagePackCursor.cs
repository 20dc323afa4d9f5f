// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;

namespace Sluice.Pipeline.Reading;

/// <summary>Goes over MessagePack values; every method is false at bytes that end too early or are none. Reads nothing past them.</summary>
internal ref struct MessagePackCursor(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>True when every byte has been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Reads the head of a value.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="value">A number itself; the bytes of a text or binary value, which follow; the elements of an array, or pairs of a map.</param>
    public bool TryReadHead(out MessagePackType type, out ulong value)
    {
        type = MessagePackType.Other;
        value = 0;
        if (_rest.IsEmpty)
        {
            return false;
        }

        byte head = _rest[0];
        _rest = _rest[1..];
        switch (head)
        {
            case <= 0x7f:
                (type, value) = (MessagePackType.Number, head);
                return true;
            case <= 0x8f:
                (type, value) = (MessagePackType.Map, (ulong)head & 0x0f);
                return true;
            case <= 0x9f:
                (type, value) = (MessagePackType.Array, (ulong)head & 0x0f);
                return true;
            case <= 0xbf:
                (type, value) = (MessagePackType.Text, (ulong)head & 0x1f);
                return true;
            case >= 0xe0:
                return true;
            default:
                return TryReadLongHead(head, out type, out value);
        }
    }

    /// <summary>The bytes of a text or binary value.</summary>
    public bool TryTake(ulong length, out ReadOnlySpan<byte> taken)
    {
        if (length > (ulong)_rest.Length)
        {
            taken = default;
            return false;
        }

        taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>Passes over what follows the head of a value. A loop and no recursion: the depth is somebody else's choice.</summary>
    public bool TrySkip(MessagePackType type, ulong value)
    {
        // Every value takes at least a byte, so this cannot overflow before the bytes end: a head of five bytes adds 2³³ at most.
        ulong left = 0;
        while (true)
        {
            switch (type)
            {
                case MessagePackType.Text or MessagePackType.Binary:
                    if (!TryTake(value, out _))
                    {
                        return false;
                    }

                    break;
                case MessagePackType.Array:
                    left += value;
                    break;
                case MessagePackType.Map:
                    left += 2 * value;
                    break;
            }

            if (left-- == 0)
            {
                return true;
            }

            if (!TryReadHead(out type, out value))
            {
                return false;
            }
        }
    }

    private bool TryReadLongHead(byte head, out MessagePackType type, out ulong value)
    {
        type = MessagePackType.Other;
        value = 0;
        switch (head)
        {
            case 0xc0:
                return true;
            case 0xc2 or 0xc3:
                type = head == 0xc3 ? MessagePackType.True : MessagePackType.False;
                return true;
            case 0xc4 or 0xc5 or 0xc6:
                type = MessagePackType.Binary;
                return TryReadNumber(1 << (head - 0xc4), out value);
            case 0xc7 or 0xc8 or 0xc9:
                return TryReadNumber(1 << (head - 0xc7), out ulong length) && TryTake(length + 1, out _);
            case 0xca or 0xcb:
                return TryTake(head == 0xca ? 4u : 8u, out _);
            case 0xcc or 0xcd or 0xce or 0xcf:
                type = MessagePackType.Number;
                return TryReadNumber(1 << (head - 0xcc), out value);
            case 0xd0 or 0xd1 or 0xd2 or 0xd3:
                return TryReadSigned(1 << (head - 0xd0), out type, out value);
            case 0xd4 or 0xd5 or 0xd6 or 0xd7 or 0xd8:
                return TryTake((1ul << (head - 0xd4)) + 1, out _);
            case 0xd9 or 0xda or 0xdb:
                type = MessagePackType.Text;
                return TryReadNumber(1 << (head - 0xd9), out value);
            case 0xdc or 0xdd:
                type = MessagePackType.Array;
                return TryReadNumber(2 << (head - 0xdc), out value);
            case 0xde or 0xdf:
                type = MessagePackType.Map;
                return TryReadNumber(2 << (head - 0xde), out value);
            default:
                // 0xc1 is the one byte that MessagePack never uses.
                return false;
        }
    }

    /// <summary>Signed numbers may hold what is not negative; our encoder writes none, others do.</summary>
    private bool TryReadSigned(int bytes, out MessagePackType type, out ulong value)
    {
        bool isThere = TryReadNumber(bytes, out value);
        bool isNegative = (value >> ((8 * bytes) - 1)) != 0;
        type = isNegative ? MessagePackType.Other : MessagePackType.Number;
        return isThere;
    }

    private bool TryReadNumber(int bytes, out ulong value)
    {
        value = 0;
        if (!TryTake((ulong)bytes, out ReadOnlySpan<byte> taken))
        {
            return false;
        }

        value = bytes switch
        {
            1 => taken[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(taken),
            4 => BinaryPrimitives.ReadUInt32BigEndian(taken),
            _ => BinaryPrimitives.ReadUInt64BigEndian(taken),
        };
        return true;
    }
}
