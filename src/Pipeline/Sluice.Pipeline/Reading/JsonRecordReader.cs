// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text.Json;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>Reads one event as a JSON object, or an array of them.</summary>
public sealed class JsonRecordReader : IRecordReader
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 64 };

    private readonly EventAssembler _event = new();
    private readonly FieldFinder _fields = new();

    /// <summary>Room for a text with its escapes undone; no longer text fits into a sample.</summary>
    private readonly byte[] _unescaped = GC.AllocateUninitializedArray<byte>(EventAssembler.MaxSampleBytes);

    /// <inheritdoc/>
    public void Read(ReadOnlySpan<byte> record, IEventReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        try
        {
            ReadAll(record, receiver);
        }
        catch (JsonException)
        {
            receiver.OnRefused(EventProblem.NotReadable, null);
        }
    }

    private void ReadAll(ReadOnlySpan<byte> record, IEventReceiver receiver)
    {
        var reader = new Utf8JsonReader(record, s_options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                ReadOne(ref reader, receiver);
            }
        }
        else
        {
            ReadOne(ref reader, receiver);
        }

        // Throws when something follows.
        reader.Read();
    }

    private void ReadOne(ref Utf8JsonReader reader, IEventReceiver receiver)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            receiver.OnRefused(EventProblem.NotAnEvent, null);
            return;
        }

        _event.Begin();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isKnown = TryFindField(ref reader, out EventField field);
            reader.Read();
            if (isKnown)
            {
                ReadValue(ref reader, field);
            }
            else
            {
                reader.Skip();
            }
        }

        EventHandOver.Finish(_event, receiver);
    }

    private bool TryFindField(ref Utf8JsonReader reader, out EventField field)
    {
        ReadOnlySpan<byte> name = reader.ValueSpan;
        return !reader.ValueIsEscaped ? _fields.TryFind(name, out field) : TryFindEscapedSlow(ref reader, out field);
    }

    private bool TryFindEscapedSlow(ref Utf8JsonReader reader, out EventField field)
    {
        field = default;
        return TryUnescape(ref reader, out ReadOnlySpan<byte> name) && FieldNames.TryFind(name, out field);
    }

    private void ReadValue(ref Utf8JsonReader reader, EventField field)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Number when reader.TryGetUInt64(out ulong number):
                _event.Number(field, number);
                break;
            case JsonTokenType.Number:
                _event.BadValue(field);
                break;
            case JsonTokenType.String when !reader.ValueIsEscaped:
                _event.Text(field, reader.ValueSpan);
                break;
            case JsonTokenType.String:
                ReadEscaped(ref reader, field);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                _event.Flag(field, reader.TokenType == JsonTokenType.True);
                break;
            default:
                reader.Skip();
                _event.WrongType(field);
                break;
        }
    }

    private void ReadEscaped(ref Utf8JsonReader reader, EventField field)
    {
        if (reader.ValueSpan.Length > _unescaped.Length)
        {
            _event.TooLong(field);
        }
        else if (TryUnescape(ref reader, out ReadOnlySpan<byte> text))
        {
            _event.Text(field, text);
        }
        else
        {
            _event.BadValue(field);
        }
    }

    /// <summary>False when the text is too long, or holds half of a surrogate pair or bytes that are not UTF-8.</summary>
    private bool TryUnescape(ref Utf8JsonReader reader, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (reader.ValueSpan.Length > _unescaped.Length)
        {
            return false;
        }

        try
        {
            text = _unescaped.AsSpan(0, reader.CopyString(_unescaped));
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
