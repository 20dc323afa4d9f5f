// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>Reads one event as a MessagePack map, or an array of them.</summary>
public sealed class MessagePackRecordReader : IRecordReader
{
    private readonly EventAssembler _event = new();
    private readonly FieldFinder _fields = new();

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> record, IEventReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        var cursor = new MessagePackCursor(record);
        if (!TryReadAll(ref cursor, receiver) || !cursor.IsAtEnd)
        {
            receiver.OnRefused(EventProblem.NotReadable, null);
        }
    }

    private bool TryReadAll(ref MessagePackCursor cursor, IEventReceiver receiver)
    {
        if (!cursor.TryReadHead(out MessagePackType type, out ulong value))
        {
            return false;
        }

        if (type != MessagePackType.Array)
        {
            return TryReadOne(ref cursor, type, value, receiver);
        }

        for (ulong left = value; left > 0; left--)
        {
            if (!cursor.TryReadHead(out type, out value) || !TryReadOne(ref cursor, type, value, receiver))
            {
                return false;
            }
        }

        return true;
    }

    private bool TryReadOne(ref MessagePackCursor cursor, MessagePackType type, ulong pairs, IEventReceiver receiver)
    {
        if (type != MessagePackType.Map)
        {
            if (!cursor.TrySkip(type, pairs))
            {
                return false;
            }

            receiver.OnRefused(EventProblem.NotAnEvent, null);
            return true;
        }

        _event.Begin();
        for (; pairs > 0; pairs--)
        {
            if (!TryReadPair(ref cursor))
            {
                return false;
            }
        }

        EventHandOver.Finish(_event, receiver);
        return true;
    }

    private bool TryReadPair(ref MessagePackCursor cursor)
    {
        if (!cursor.TryReadHead(out MessagePackType keyType, out ulong keyValue))
        {
            return false;
        }

        EventField field = default;
        bool isKnown = false;
        if (keyType == MessagePackType.Text)
        {
            if (!cursor.TryTake(keyValue, out ReadOnlySpan<byte> name))
            {
                return false;
            }

            isKnown = _fields.TryFind(name, out field);
        }
        else if (!cursor.TrySkip(keyType, keyValue))
        {
            return false;
        }

        if (!cursor.TryReadHead(out MessagePackType type, out ulong value))
        {
            return false;
        }

        return isKnown ? TryReadValue(ref cursor, field, type, value) : cursor.TrySkip(type, value);
    }

    private bool TryReadValue(ref MessagePackCursor cursor, EventField field, MessagePackType type, ulong value)
    {
        ReadOnlySpan<byte> bytes;
        switch (type)
        {
            case MessagePackType.Number:
                _event.Number(field, value);
                return true;
            case MessagePackType.Text:
                if (!cursor.TryTake(value, out bytes))
                {
                    return false;
                }

                _event.Text(field, bytes);
                return true;
            case MessagePackType.Binary:
                if (!cursor.TryTake(value, out bytes))
                {
                    return false;
                }

                _event.Bytes(field, bytes);
                return true;
            case MessagePackType.True or MessagePackType.False:
                _event.Flag(field, type == MessagePackType.True);
                return true;
            default:
                _event.WrongType(field);
                return cursor.TrySkip(type, value);
        }
    }
}
