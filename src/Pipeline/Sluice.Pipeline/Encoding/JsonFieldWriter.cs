// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes the fields of one event as one JSON object on one line.</summary>
internal ref struct JsonFieldWriter : IFieldWriter
{
    private static readonly byte[] s_keys;
    private static readonly int[] s_keyLengths;

    private readonly Span<byte> _destination;
    private int _length;

    static JsonFieldWriter() => (s_keys, s_keyLengths) = KeyTable.Build(name => System.Text.Encoding.ASCII.GetBytes($",\"{name}\":"));

    /// <param name="destination">Has the room that <see cref="EventWriter.MaxBytes"/> says.</param>
    public JsonFieldWriter(Span<byte> destination) => _destination = destination;

    /// <summary>Closes the object and returns its length.</summary>
    public int Finish()
    {
        // Every field begins with the comma that parts it from the one before; the first one's is the place of the brace.
        _destination[0] = (byte)'{';
        _destination[_length++] = (byte)'}';
        return _length;
    }

    /// <summary>Bytes written so far.</summary>
    public readonly int Length => _length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Number(EventField field, ulong value)
    {
        Span<byte> rest = AfterKey(field);
        value.TryFormat(rest, out int digits, default, CultureInfo.InvariantCulture);
        Commit(rest, digits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Token(EventField field, scoped ReadOnlySpan<byte> ascii)
    {
        Span<byte> rest = AfterKey(field);
        ascii.CopyTo(rest[1..]);
        Quote(rest, ascii.Length);
    }

    public void Text(EventField field, scoped ReadOnlySpan<byte> utf8)
    {
        Span<byte> rest = AfterKey(field);
        Quote(rest, JsonText.Escape(utf8, rest[1..]));
    }

    public void Id(EventField field, ulong value)
    {
        Span<byte> rest = AfterKey(field);
        HexText.Write(value, rest[1..]);
        Quote(rest, HexText.Digits);
    }

    public void Uid(EventField field, ulong high, ulong low)
    {
        Span<byte> rest = AfterKey(field);
        HexText.Write(high, rest[1..]);
        HexText.Write(low, rest[(1 + HexText.Digits)..]);
        Quote(rest, 2 * HexText.Digits);
    }

    public void Address(EventField field, scoped ReadOnlySpan<byte> address)
    {
        Span<byte> rest = AfterKey(field);
        Quote(rest, IpAddressText.Write(address, rest[1..]));
    }

    public void True(EventField field)
    {
        Span<byte> rest = AfterKey(field);
        "true"u8.CopyTo(rest);
        Commit(rest, "true"u8.Length);
    }

    public void Encoded(scoped ReadOnlySpan<byte> field)
    {
        field.CopyTo(_destination[_length..]);
        _length += field.Length;
    }

    public void Body(scoped ReadOnlySpan<byte> payload)
    {
        if (Utf8.IsValid(payload))
        {
            Text(EventField.Body, payload);
            return;
        }

        Span<byte> rest = AfterKey(EventField.BodyBase64);
        Base64.EncodeToUtf8(payload, rest[1..], out _, out int written);
        Quote(rest, written);
    }

    /// <summary>Writes the key and gives the room behind it; <see cref="Commit"/> must follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Span<byte> AfterKey(EventField field)
    {
        Span<byte> rest = _destination[_length..];
        KeyTable.CopySlot(s_keys, field, rest);
        return rest[s_keyLengths[(int)field]..];
    }

    /// <summary>
    /// Takes the key and a value of <paramref name="valueBytes"/> at the head of <paramref name="rest"/>. The length lives in memory (the
    /// writer is passed by reference), so it is touched once per field and not once per step: that chain of loads and stores is
    /// what a field costs.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Commit(Span<byte> rest, int valueBytes) => _length = _destination.Length - rest.Length + valueBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Quote(Span<byte> rest, int textBytes)
    {
        rest[0] = (byte)'"';
        rest[textBytes + 1] = (byte)'"';
        Commit(rest, textBytes + 2);
    }
}
