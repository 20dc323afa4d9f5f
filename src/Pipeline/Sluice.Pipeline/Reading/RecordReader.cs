// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Reading;

/// <summary>Reads records of every encoding: by the content type that they carry, else by their first byte.</summary>
public sealed class RecordReader
{
    private readonly JsonRecordReader _json = new();
    private readonly MessagePackRecordReader _messagePack = new();
    private readonly OtlpRecordReader _otlp = new();

    /// <inheritdoc cref="IRecordReader.Read"/>
    /// <param name="contentType">The media type that the record says it has; empty for none.</param>
    /// <param name="record">The record's value.</param>
    /// <param name="receiver">Takes the events.</param>
    public void Read(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> record, IEventReceiver receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        if ((FindByType(contentType) ?? FindByFirstByte(record)) is { } reader)
        {
            reader.Read(record, receiver);
        }
        else
        {
            receiver.OnRefused(EventProblem.NotReadable, null);
        }
    }

    private IRecordReader? FindByType(ReadOnlySpan<byte> contentType)
    {
        // Parameters, such as a charset, change nothing here.
        int end = contentType.IndexOfAny((byte)';', (byte)' ');
        ReadOnlySpan<byte> type = end < 0 ? contentType : contentType[..end];
        if (type.SequenceEqual("application/json"u8))
        {
            return _json;
        }

        if (type.SequenceEqual("application/vnd.msgpack"u8) || type.SequenceEqual("application/msgpack"u8) || type.SequenceEqual("application/x-msgpack"u8))
        {
            return _messagePack;
        }

        return type.SequenceEqual("application/x-protobuf"u8) || type.SequenceEqual("application/protobuf"u8) ? _otlp : null;
    }

    /// <summary>A JSON text of ours begins with a bracket, a MessagePack map or array with its type, a request of OTLP with its field 1.</summary>
    private IRecordReader? FindByFirstByte(ReadOnlySpan<byte> record)
    {
        const byte otlpFirstField = (1 << 3) | ProtobufCursor.Bytes;
        return record.IsEmpty ? null : record[0] switch
        {
            (byte)'{' or (byte)'[' or (byte)' ' or (byte)'\t' or (byte)'\r' => _json,
            (>= 0x80 and <= 0x9f) or (>= 0xdc and <= 0xdf) => _messagePack,
            otlpFirstField => _otlp,
            _ => null,
        };
    }
}
