// SPDX-License-Identifier: Apache-2.0
using System;
using Confluent.Kafka;
using Sluice.Pipeline.Reading;

namespace Sluice.Sources.Kafka;

/// <summary>
/// Reads the events of a record where the client would make an object of its value: in the client's own memory, so that a megabyte of events is not copied into
/// an array first. The thread that consumes calls it.
/// </summary>
internal sealed class RecordDecoder(EventIntake intake) : IDeserializer<Nothing>
{
    private readonly RecordReader _reader = new();

    public Nothing Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context)
    {
        if (isNull)
        {
            intake.OnRefused(EventProblem.NotAnEvent, null);
            return default;
        }

        long before = intake.Events + intake.Refused;
        _reader.Read(ContentType(context.Headers), data, intake);
        if (intake.Events + intake.Refused == before)
        {
            // An empty array, or messages of OTLP without a log record: nothing of it can be counted as delivered.
            intake.OnRefused(EventProblem.NotAnEvent, null);
        }

        return default;
    }

    private static ReadOnlySpan<byte> ContentType(Headers? headers) =>
        headers is not null && headers.TryGetLastBytes("content-type", out byte[] type) ? type : default;
}
