// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes the fields of one event as one MessagePack map. Byte names are those of the MessagePack specification.</summary>
internal ref struct MessagePackFieldWriter : IFieldWriter
{
    private const byte FixStr = 0xa0;
    private const byte True8 = 0xc3;
    private const byte Bin8 = 0xc4;
    private const byte Bin16 = 0xc5;
    private const byte Bin32 = 0xc6;
    private const byte UInt8 = 0xcc;
    private const byte UInt16 = 0xcd;
    private const byte UInt32 = 0xce;
    private const byte UInt64 = 0xcf;
    private const byte Str8 = 0xd9;
    private const byte Str16 = 0xda;
    private const byte Map16 = 0xde;
    private const int MaxFixInt = 0x7f;
    private const int MaxFixStr = 31;
    private const int MapHeadBytes = 3;

    private static readonly byte[] s_keys;
    private static readonly int[] s_keyLengths;

    private readonly Span<byte> _destination;
    private int _length;
    private ushort _fields;

    static MessagePackFieldWriter() => (s_keys, s_keyLengths) = KeyTable.Build(EncodeKey);

    /// <param name="destination">Has the room that <see cref="EventWriter.MaxBytes"/> says.</param>
    public MessagePackFieldWriter(Span<byte> destination)
    {
        _destination = destination;
        _length = MapHeadBytes;
    }

    /// <summary>Writes the map's head, now that its size is known, and returns the whole length.</summary>
    public readonly int Finish()
    {
        _destination[0] = Map16;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[1..], _fields);
        return _length;
    }

    /// <summary>The bytes of the fields written so far, without the map's head.</summary>
    public readonly ReadOnlySpan<byte> Fields => _destination[MapHeadBytes.._length];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Number(EventField field, ulong value)
    {
        Span<byte> rest = AfterKey(field);
        Commit(rest, WriteNumber(rest, value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Token(EventField field, scoped ReadOnlySpan<byte> ascii)
    {
        Span<byte> rest = AfterKey(field);
        rest[0] = (byte)(FixStr | ascii.Length);
        ascii.CopyTo(rest[1..]);
        Commit(rest, 1 + ascii.Length);
    }

    public void Text(EventField field, scoped ReadOnlySpan<byte> utf8)
    {
        Span<byte> rest = AfterKey(field);
        int head = WriteTextHead(rest, utf8.Length);
        utf8.CopyTo(rest[head..]);
        Commit(rest, head + utf8.Length);
    }

    public void Id(EventField field, ulong value)
    {
        Span<byte> rest = AfterKey(field);
        rest[0] = FixStr | HexText.Digits;
        HexText.Write(value, rest[1..]);
        Commit(rest, 1 + HexText.Digits);
    }

    public void Uid(EventField field, ulong high, ulong low)
    {
        Span<byte> rest = AfterKey(field);
        int head = WriteTextHead(rest, 2 * HexText.Digits);
        HexText.Write(high, rest[head..]);
        HexText.Write(low, rest[(head + HexText.Digits)..]);
        Commit(rest, head + (2 * HexText.Digits));
    }

    public void Address(EventField field, scoped ReadOnlySpan<byte> address)
    {
        // The text's length is known only when it stands there; str 8 has a head of one size for all that an address can be.
        Span<byte> rest = AfterKey(field);
        int length = IpAddressText.Write(address, rest[2..]);
        Commit(rest, WriteByte(rest, Str8, (byte)length) + length);
    }

    public void True(EventField field)
    {
        Span<byte> rest = AfterKey(field);
        rest[0] = True8;
        Commit(rest, 1);
    }

    public void Encoded(scoped ReadOnlySpan<byte> field)
    {
        field.CopyTo(_destination[_length..]);
        _length += field.Length;
        _fields++;
    }

    public void Body(scoped ReadOnlySpan<byte> payload)
    {
        Span<byte> rest = AfterKey(EventField.Body);
        int head = WriteBinaryHead(rest, payload.Length);
        payload.CopyTo(rest[head..]);
        Commit(rest, head + payload.Length);
    }

    /// <summary>Writes the key and gives the room behind it; <see cref="Commit"/> must follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Span<byte> AfterKey(EventField field)
    {
        Span<byte> rest = _destination[_length..];
        KeyTable.CopySlot(s_keys, field, rest);
        return rest[s_keyLengths[(int)field]..];
    }

    /// <summary>Takes the key and a value of <paramref name="valueBytes"/> at the head of <paramref name="rest"/>; once per field, as in JSON.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Commit(Span<byte> rest, int valueBytes)
    {
        _length = _destination.Length - rest.Length + valueBytes;
        _fields++;
    }

    private static int WriteNumber(Span<byte> destination, ulong value)
    {
        if (value <= MaxFixInt)
        {
            destination[0] = (byte)value;
            return 1;
        }

        if (value <= ushort.MaxValue)
        {
            return value <= byte.MaxValue ? WriteByte(destination, UInt8, (byte)value) : WriteShort(destination, UInt16, (ushort)value);
        }

        if (value <= uint.MaxValue)
        {
            return WriteInt(destination, UInt32, (uint)value);
        }

        destination[0] = UInt64;
        BinaryPrimitives.WriteUInt64BigEndian(destination[1..], value);
        return 1 + sizeof(ulong);
    }

    private static int WriteTextHead(Span<byte> destination, int byteCount)
    {
        if (byteCount <= MaxFixStr)
        {
            destination[0] = (byte)(FixStr | byteCount);
            return 1;
        }

        // Texts are names and addresses; the longest is the host's name, which the kernel keeps to 64 bytes.
        return byteCount <= byte.MaxValue
            ? WriteByte(destination, Str8, (byte)byteCount)
            : WriteShort(destination, Str16, checked((ushort)byteCount));
    }

    private static int WriteBinaryHead(Span<byte> destination, int byteCount) => byteCount switch
    {
        <= byte.MaxValue => WriteByte(destination, Bin8, (byte)byteCount),
        <= ushort.MaxValue => WriteShort(destination, Bin16, (ushort)byteCount),
        _ => WriteInt(destination, Bin32, (uint)byteCount),
    };

    private static int WriteByte(Span<byte> destination, byte type, byte value)
    {
        destination[0] = type;
        destination[1] = value;
        return 1 + sizeof(byte);
    }

    private static int WriteShort(Span<byte> destination, byte type, ushort value)
    {
        destination[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], value);
        return 1 + sizeof(ushort);
    }

    private static int WriteInt(Span<byte> destination, byte type, uint value)
    {
        destination[0] = type;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], value);
        return 1 + sizeof(uint);
    }

    private static byte[] EncodeKey(string name)
    {
        Span<byte> head = stackalloc byte[3];
        int headBytes = WriteTextHead(head, name.Length);
        return [.. head[..headBytes], .. System.Text.Encoding.ASCII.GetBytes(name)];
    }
}
