// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// Reads an <c>ExportLogsServiceRequest</c> of the OpenTelemetry protocol in Protocol Buffers form: one event for each log record, with the host from its resource.
/// A record that is broken inside costs that record only.
/// </summary>
public sealed class OtlpRecordReader : IRecordReader
{
    /// <summary>Of a variable-length number: more bytes follow.</summary>
    private const byte MoreBytes = 0x80;

    /// <summary>The description of a host that nobody can want; ours has some 300 bytes.</summary>
    private const int MaxResourceBytes = 16 * 1024;

    private static readonly ulong s_ofTheFrame = FieldRules.Mask(
        EventField.TimeUnixNano, EventField.EventName, EventField.HostName, EventField.Body, EventField.BodyBase64);

    private readonly EventAssembler _event = new(MakeOrigin);
    private readonly FieldFinder _fields = new();

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> record, IEventReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        var request = new ProtobufCursor(record);
        if (record.IsEmpty || !TryReadRequest(ref request, receiver))
        {
            receiver.OnRefused(EventProblem.NotReadable, null);
        }
    }

    private bool TryReadRequest(ref ProtobufCursor request, IEventReceiver receiver)
    {
        while (!request.IsAtEnd)
        {
            if (!request.TryReadTag(out ulong tag))
            {
                return false;
            }

            if (tag != OtlpTag.RequestResourceLogs)
            {
                if (!request.TrySkip(tag))
                {
                    return false;
                }
            }
            else if (!request.TryReadBytes(out ReadOnlySpan<byte> resourceLogs) || !TryReadResourceLogs(resourceLogs, receiver))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadResourceLogs(ReadOnlySpan<byte> message, IEventReceiver receiver)
    {
        // The resource may stand behind the records that it is about.
        if (!TryFindResource(message, out ReadOnlySpan<byte> resource))
        {
            return false;
        }

        ReadOnlySpan<byte> host = FindHost(resource);
        var resourceLogs = new ProtobufCursor(message);
        while (!resourceLogs.IsAtEnd)
        {
            if (!resourceLogs.TryReadTag(out ulong tag))
            {
                return false;
            }

            if (tag != OtlpTag.ResourceLogsScopeLogs)
            {
                if (!resourceLogs.TrySkip(tag))
                {
                    return false;
                }
            }
            else if (!resourceLogs.TryReadBytes(out ReadOnlySpan<byte> scopeLogs) || !TryReadScopeLogs(scopeLogs, resource, host, receiver))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryFindResource(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> resource)
    {
        resource = default;
        var resourceLogs = new ProtobufCursor(message);
        while (!resourceLogs.IsAtEnd)
        {
            if (!resourceLogs.TryReadTag(out ulong tag)
                || !(tag == OtlpTag.ResourceLogsResource ? resourceLogs.TryReadBytes(out resource) : resourceLogs.TrySkip(tag)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The value of the resource's <c>host.name</c>; empty when it has none, or is broken before it.</summary>
    private static ReadOnlySpan<byte> FindHost(ReadOnlySpan<byte> message)
    {
        var resource = new ProtobufCursor(message);
        while (TryReadTextAttribute(ref resource, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            if (key.SequenceEqual("host.name"u8))
            {
                return value;
            }
        }

        return default;
    }

    /// <summary>What a sample cannot hold of a resource, its origin does: every attribute that is text. For set-up: it allocates.</summary>
    private static EventOrigin MakeOrigin(ReadOnlySpan<byte> message, ulong runId)
    {
        var attributes = new List<KeyValuePair<string, string>>();
        var resource = new ProtobufCursor(message);
        while (TryReadTextAttribute(ref resource, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            // Both are the encoder's own to write.
            if (!key.IsEmpty && !key.SequenceEqual("host.name"u8) && !key.SequenceEqual("service.name"u8))
            {
                attributes.Add(new(System.Text.Encoding.UTF8.GetString(key), System.Text.Encoding.UTF8.GetString(value)));
            }
        }

        return new EventOrigin(System.Text.Encoding.UTF8.GetString(FindHost(message)), runId, attributes);
    }

    /// <summary>The next attribute of a resource whose value is text; the others are passed over. False at the end, and where the message is broken.</summary>
    private static bool TryReadTextAttribute(scoped ref ProtobufCursor resource, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> text)
    {
        key = default;
        text = default;
        while (!resource.IsAtEnd && resource.TryReadTag(out ulong tag))
        {
            if (tag != OtlpTag.ResourceAttributes)
            {
                if (!resource.TrySkip(tag))
                {
                    return false;
                }

                continue;
            }

            if (!resource.TryReadBytes(out ReadOnlySpan<byte> pair) || !TryReadPair(pair, out key, out ReadOnlySpan<byte> value))
            {
                return false;
            }

            var any = new ProtobufCursor(value);
            if (any.TryReadTag(out ulong type) && type == OtlpTag.AnyValueString && any.TryReadBytes(out text))
            {
                return true;
            }
        }

        return false;
    }

    private bool TryReadScopeLogs(ReadOnlySpan<byte> message, ReadOnlySpan<byte> resource, ReadOnlySpan<byte> host, IEventReceiver receiver)
    {
        var scopeLogs = new ProtobufCursor(message);
        while (!scopeLogs.IsAtEnd)
        {
            if (!scopeLogs.TryReadTag(out ulong tag))
            {
                return false;
            }

            if (tag != OtlpTag.ScopeLogsLogRecords)
            {
                if (!scopeLogs.TrySkip(tag))
                {
                    return false;
                }
            }
            else if (!scopeLogs.TryReadBytes(out ReadOnlySpan<byte> record))
            {
                return false;
            }
            else
            {
                ReadRecord(record, resource, host, receiver);
            }
        }

        return true;
    }

    private void ReadRecord(ReadOnlySpan<byte> message, ReadOnlySpan<byte> resource, ReadOnlySpan<byte> host, IEventReceiver receiver)
    {
        _event.Begin();
        if (resource.Length > MaxResourceBytes)
        {
            _event.TooLong(EventField.HostName);
        }
        else if (!host.IsEmpty)
        {
            _event.Text(EventField.HostName, host);
        }

        if (TryReadFields(message, out ulong observedUnixNs))
        {
            EventHandOver.Finish(_event, receiver, unchecked((long)observedUnixNs), resource);
        }
        else
        {
            receiver.OnRefused(EventProblem.NotReadable, null);
        }
    }

    private bool TryReadFields(ReadOnlySpan<byte> message, out ulong observedUnixNs)
    {
        observedUnixNs = 0;
        var record = new ProtobufCursor(message);
        while (!record.IsAtEnd)
        {
            if (!record.TryReadTag(out ulong tag))
            {
                return false;
            }

            ReadOnlySpan<byte> bytes;
            switch (tag)
            {
                case OtlpTag.RecordAttributes:
                    if (!record.TryReadBytes(out bytes) || !TryReadAttribute(bytes))
                    {
                        return false;
                    }

                    break;
                case OtlpTag.RecordTimeUnixNano:
                    if (!record.TryReadFixed64(out ulong time))
                    {
                        return false;
                    }

                    _event.Number(EventField.TimeUnixNano, time);
                    break;
                case OtlpTag.RecordObservedTimeUnixNano:
                    if (!record.TryReadFixed64(out observedUnixNs))
                    {
                        return false;
                    }

                    break;
                case OtlpTag.RecordEventName:
                    if (!record.TryReadBytes(out bytes))
                    {
                        return false;
                    }

                    _event.Text(EventField.EventName, bytes);
                    break;
                case OtlpTag.RecordBody:
                    if (!record.TryReadBytes(out bytes) || !TryTakeValue(EventField.Body, bytes))
                    {
                        return false;
                    }

                    break;
                default:
                    if (!record.TrySkip(tag))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    private bool TryReadAttribute(ReadOnlySpan<byte> pair)
    {
        // As our encoder writes nearly all of them: first the key, then the value, both with a length of one byte. The rest is for the general way, which takes
        // more than twice as long.
        if (pair.Length > 4 && pair[0] == OtlpTag.KeyValueKey && pair[1] < MoreBytes)
        {
            int keyEnd = 2 + pair[1];
            if (keyEnd + 1 < pair.Length && pair[keyEnd] == OtlpTag.KeyValueValue && pair[keyEnd + 1] < MoreBytes && pair[keyEnd + 1] == pair.Length - keyEnd - 2)
            {
                return TryTakeAttribute(pair[2..keyEnd], pair[(keyEnd + 2)..]);
            }
        }

        return TryReadPair(pair, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value) && TryTakeAttribute(key, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTakeAttribute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // What the record's own fields and its resource say is no attribute: somebody else's that has the same name is passed over like any unknown one.
        return !_fields.TryFind(key, out EventField field) || ((s_ofTheFrame >> (int)field) & 1) != 0 || TryTakeValue(field, value);
    }

    private static bool TryReadPair(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = default;
        value = default;
        var pair = new ProtobufCursor(message);
        while (!pair.IsAtEnd)
        {
            if (!pair.TryReadTag(out ulong tag))
            {
                return false;
            }

            bool isRead = tag switch
            {
                OtlpTag.KeyValueKey => pair.TryReadBytes(out key),
                OtlpTag.KeyValueValue => pair.TryReadBytes(out value),
                _ => pair.TrySkip(tag),
            };
            if (!isRead)
            {
                return false;
            }
        }

        return true;
    }

    private bool TryTakeValue(EventField field, ReadOnlySpan<byte> message)
    {
        if (message.Length > 1 && message[0] == OtlpTag.AnyValueString && message[1] < MoreBytes && message[1] == message.Length - 2)
        {
            TakeText(field, message[2..]);
            return true;
        }

        var any = new ProtobufCursor(message);
        if (!any.TryReadTag(out ulong tag))
        {
            // An empty message stands for "no value".
            _event.WrongType(field);
            return message.IsEmpty;
        }

        ReadOnlySpan<byte> bytes;
        ulong number;
        switch (tag)
        {
            case OtlpTag.AnyValueString when any.TryReadBytes(out bytes):
                TakeText(field, bytes);
                return any.IsAtEnd;
            case OtlpTag.AnyValueInt when any.TryReadVarint(out number):
                TakeNumber(field, number);
                return any.IsAtEnd;
            case OtlpTag.AnyValueBool when any.TryReadVarint(out number):
                _event.Flag(field, number != 0);
                return any.IsAtEnd;
            case OtlpTag.AnyValueBytes when any.TryReadBytes(out bytes):
                _event.Bytes(field, bytes);
                return any.IsAtEnd;
            case OtlpTag.AnyValueString or OtlpTag.AnyValueInt or OtlpTag.AnyValueBool or OtlpTag.AnyValueBytes:
                return false;
            default:
                _event.WrongType(field);
                return any.TrySkip(tag);
        }
    }

    private void TakeNumber(EventField field, ulong number)
    {
        // int64: what has its highest bit set is negative.
        if (number > long.MaxValue)
        {
            _event.BadValue(field);
        }
        else
        {
            _event.Number(field, number);
        }
    }

    /// <summary>Numbers above 2⁶³-1 have no other form here than their digits.</summary>
    private void TakeText(EventField field, ReadOnlySpan<byte> text)
    {
        if (FieldRules.ShapeOf(field) != FieldShape.Number)
        {
            _event.Text(field, text);
        }
        else if (Utf8Parser.TryParse(text, out ulong number, out int consumed) && consumed == text.Length
            && number > long.MaxValue)
        {
            _event.Number(field, number);
        }
        else
        {
            _event.Text(field, text);
        }
    }
}
