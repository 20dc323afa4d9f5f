// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes the fields of one event as one LogRecord, with the tag and the length that it has as a part of a ScopeLogs.</summary>
internal ref struct OtlpFieldWriter : IFieldWriter
{
    /// <summary>The longest text whose attribute, with the longest name, still has lengths of one byte.</summary>
    private const int MaxShortText = 80;

    // SeverityNumber of the logs data model.
    private const byte SeverityInfo = 9;
    private const byte SeverityWarn = 13;

    private readonly Span<byte> _destination;
    private readonly int _lengthBytes;
    private int _length;

    /// <param name="destination">Has the room that <see cref="EventWriter.MaxBytes"/> says.</param>
    /// <param name="observedUnixNs">When the collector had the event.</param>
    public OtlpFieldWriter(Span<byte> destination, long observedUnixNs)
    {
        _destination = destination;
        // Of most events the room is less than 16 KiB, which two bytes can count; only long payloads pay for five.
        _lengthBytes = destination.Length < 1 << 14 ? 2 : 5;
        _destination[0] = OtlpTag.ScopeLogsLogRecords;
        _length = 1 + _lengthBytes;
        WriteTime(OtlpTag.RecordObservedTimeUnixNano, unchecked((ulong)observedUnixNs));
    }

    /// <summary>Writes the record's length, now that it is known, and returns the length of the whole.</summary>
    public readonly int Finish()
    {
        Varint.WritePadded(_destination.Slice(1, _lengthBytes), (uint)(_length - 1 - _lengthBytes));
        return _length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Number(EventField field, ulong value)
    {
        if (field == EventField.TimeUnixNano)
        {
            WriteTime(OtlpTag.RecordTimeUnixNano, value);
            return;
        }

        if (value > long.MaxValue)
        {
            WriteLargeNumberSlow(field, value);
            return;
        }

        Span<byte> attribute = _destination[_length..];
        int valueAt = OtlpKeys.Copy(field, attribute);
        attribute[valueAt - 1] = OtlpTag.AnyValueInt;
        Commit(attribute, valueAt, Varint.Write(attribute[valueAt..], value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Token(EventField field, scoped ReadOnlySpan<byte> ascii)
    {
        if (field == EventField.EventName)
        {
            WriteEventName(ascii);
            return;
        }

        Span<byte> text = BeginText(field, out Span<byte> attribute);
        ascii.CopyTo(text);
        CommitText(attribute, text, ascii.Length);
    }

    public void Text(EventField field, scoped ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxShortText)
        {
            WriteLongTextSlow(field, utf8);
            return;
        }

        Span<byte> text = BeginText(field, out Span<byte> attribute);
        utf8.CopyTo(text);
        CommitText(attribute, text, utf8.Length);
    }

    public void Id(EventField field, ulong value)
    {
        Span<byte> text = BeginText(field, out Span<byte> attribute);
        HexText.Write(value, text);
        CommitText(attribute, text, HexText.Digits);
    }

    public void Uid(EventField field, ulong high, ulong low)
    {
        Span<byte> text = BeginText(field, out Span<byte> attribute);
        HexText.Write(high, text);
        HexText.Write(low, text[HexText.Digits..]);
        CommitText(attribute, text, 2 * HexText.Digits);
    }

    public void Address(EventField field, scoped ReadOnlySpan<byte> address)
    {
        Span<byte> text = BeginText(field, out Span<byte> attribute);
        CommitText(attribute, text, IpAddressText.Write(address, text));
    }

    public void True(EventField field)
    {
        Span<byte> attribute = _destination[_length..];
        int valueAt = OtlpKeys.Copy(field, attribute);
        attribute[valueAt - 1] = OtlpTag.AnyValueBool;
        attribute[valueAt] = 1;
        Commit(attribute, valueAt, 1);
    }

    /// <summary>Only <c>host.name</c> comes this way, and that is an attribute of the resource, not of each record.</summary>
    public void Encoded(scoped ReadOnlySpan<byte> field) => Debug.Assert(field.IsEmpty, "The host's name stands in the resource.");

    public void Body(scoped ReadOnlySpan<byte> payload)
    {
        Span<byte> number = stackalloc byte[Varint.MaxBytes];
        int numberBytes = Varint.Write(number, (ulong)payload.Length);
        Span<byte> body = _destination[_length..];
        body[0] = OtlpTag.RecordBody;
        int at = 1 + Varint.Write(body[1..], (ulong)(1 + numberBytes + payload.Length));
        body[at++] = Utf8.IsValid(payload) ? OtlpTag.AnyValueString : OtlpTag.AnyValueBytes;
        number[..numberBytes].CopyTo(body[at..]);
        at += numberBytes;
        payload.CopyTo(body[at..]);
        _length += at + payload.Length;
    }

    /// <summary>Writes the attribute up to its text and gives the room for that; <see cref="CommitText"/> must follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Span<byte> BeginText(EventField field, out Span<byte> attribute)
    {
        attribute = _destination[_length..];
        return attribute[(OtlpKeys.Copy(field, attribute) + 1)..];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CommitText(Span<byte> attribute, Span<byte> text, int textBytes)
    {
        int valueAt = attribute.Length - text.Length - 1;
        attribute[valueAt] = (byte)textBytes;
        Commit(attribute, valueAt, 1 + textBytes);
    }

    /// <summary>Fills in the attribute's two lengths and takes it; once per field, as in JSON.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Commit(Span<byte> attribute, int valueAt, int valueBytes)
    {
        attribute[valueAt - 2] = (byte)(1 + valueBytes);
        attribute[1] = (byte)(valueAt - 2 + valueBytes);
        _length += valueAt + valueBytes;
    }

    private void WriteTime(byte tag, ulong unixNs)
    {
        Span<byte> time = _destination[_length..];
        time[0] = tag;
        BinaryPrimitives.WriteUInt64LittleEndian(time[1..], unixNs);
        _length += 1 + sizeof(ulong);
    }

    private void WriteEventName(scoped ReadOnlySpan<byte> name)
    {
        WriteField(OtlpTag.RecordEventName, name);
        bool warns = name.SequenceEqual("capture.loss"u8);
        _destination[_length++] = OtlpTag.RecordSeverityNumber;
        _destination[_length++] = warns ? SeverityWarn : SeverityInfo;
        WriteField(OtlpTag.RecordSeverityText, warns ? "WARN"u8 : "INFO"u8);
    }

    /// <summary>A text of less than 128 bytes that is a field by itself.</summary>
    private void WriteField(byte tag, scoped ReadOnlySpan<byte> text)
    {
        Span<byte> field = _destination[_length..];
        field[0] = tag;
        field[1] = (byte)text.Length;
        text.CopyTo(field[2..]);
        _length += 2 + text.Length;
    }

    /// <summary>What int64 cannot hold becomes its decimal digits, as OpenTelemetry maps such numbers.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLargeNumberSlow(EventField field, ulong value)
    {
        Span<byte> text = BeginText(field, out Span<byte> attribute);
        value.TryFormat(text, out int digits, default, CultureInfo.InvariantCulture);
        CommitText(attribute, text, digits);
    }

    /// <summary>Lengths of two bytes: no text of a sample has more than 96 (<see cref="EventWriter"/>).</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLongTextSlow(EventField field, scoped ReadOnlySpan<byte> utf8)
    {
        const int LengthBytes = 2;
        string name = EventFields.Names[(int)field];
        Span<byte> attribute = _destination[_length..];
        int value = 1 + LengthBytes + utf8.Length;
        attribute[0] = OtlpTag.RecordAttributes;
        Varint.WritePadded(attribute.Slice(1, LengthBytes), (uint)(2 + name.Length + 1 + LengthBytes + value));
        attribute[3] = OtlpTag.KeyValueKey;
        attribute[4] = (byte)name.Length;
        int at = 5 + System.Text.Encoding.ASCII.GetBytes(name, attribute[5..]);
        attribute[at] = OtlpTag.KeyValueValue;
        Varint.WritePadded(attribute.Slice(at + 1, LengthBytes), (uint)value);
        attribute[at + 3] = OtlpTag.AnyValueString;
        Varint.WritePadded(attribute.Slice(at + 4, LengthBytes), (uint)utf8.Length);
        utf8.CopyTo(attribute[(at + 6)..]);
        _length += at + 6 + utf8.Length;
    }
}
