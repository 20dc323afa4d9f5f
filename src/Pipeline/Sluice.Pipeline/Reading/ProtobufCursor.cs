// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Reading;

/// <summary>Goes over the fields of one Protocol Buffers message; every method is false at bytes that end too early or are none. Reads nothing past them.</summary>
internal ref struct ProtobufCursor(ReadOnlySpan<byte> message)
{
    public const int Varint = 0;
    public const int Fixed64 = 1;
    public const int Bytes = 2;
    public const int Fixed32 = 5;

    private const int MaxVarintBytes = 10;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>True when every field has been read.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The number and the wire type of the next field: <c>number &lt;&lt; 3 | type</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadTag(out ulong tag)
    {
        // All numbers that we know take one byte.
        if (!_rest.IsEmpty && _rest[0] < 0x80)
        {
            tag = _rest[0];
            _rest = _rest[1..];
            return true;
        }

        return TryReadLongVarint(out tag);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadVarint(out ulong value)
    {
        ReadOnlySpan<byte> rest = _rest;
        if (!rest.IsEmpty && rest[0] < 0x80)
        {
            value = rest[0];
            _rest = rest[1..];
            return true;
        }

        return TryReadLongVarint(out value);
    }

    private bool TryReadLongVarint(out ulong value)
    {
        value = 0;
        ReadOnlySpan<byte> rest = _rest;
        int most = Math.Min(rest.Length, MaxVarintBytes);
        for (int i = 0; i < most; i++)
        {
            value |= (ulong)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] < 0x80)
            {
                _rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    public bool TryReadFixed64(out ulong value)
    {
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(_rest, out value))
        {
            return false;
        }

        _rest = _rest[sizeof(ulong)..];
        return true;
    }

    /// <summary>The value of a field of wire type <see cref="Bytes"/>: a text, bytes or a message.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        if (!TryReadVarint(out ulong length) || length > (ulong)_rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    /// <summary>Passes over the value of a field. Groups (wire types 3 and 4) are of an old version, and no message here has ever had one.</summary>
    public bool TrySkip(ulong tag)
    {
        switch ((int)(tag & 7))
        {
            case Varint:
                return TryReadVarint(out _);
            case Fixed64:
                return TryReadFixed64(out _);
            case Bytes:
                return TryReadBytes(out _);
            case Fixed32 when _rest.Length >= sizeof(uint):
                _rest = _rest[sizeof(uint)..];
                return true;
            default:
                return false;
        }
    }
}
