// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// The argument list of a produce call for one topic and one set of headers: filled in once, but for what differs from record to record.
/// Not thread-safe.
/// </summary>
internal sealed unsafe class RecordTemplate
{
    private const int ValueIndex = 1;
    private const int KeyIndex = 2;
    private const int TokenIndex = 3;
    private const int HeadersIndex = 5;

    // Pinned for good: librdkafka reads the list by address.
    private readonly rd_kafka_vu_t[] _arguments = GC.AllocateArray<rd_kafka_vu_t>(6, pinned: true);

    /// <param name="topic">A topic object of the producer that will be used.</param>
    /// <param name="headers">Headers of every record; null for none.</param>
    public RecordTemplate(nint topic, RecordHeaders? headers)
    {
        Topic = topic;
        Headers = headers;
        _arguments[0] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_RKT, ptr = (void*)topic };
        _arguments[ValueIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_VALUE;
        _arguments[KeyIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_KEY;
        _arguments[TokenIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_OPAQUE;
        _arguments[4] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_MSGFLAGS, i = LibRdKafka.RD_KAFKA_MSG_F_COPY };
        _arguments[HeadersIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_HEADERS;
    }

    /// <summary>Where the records go.</summary>
    public nint Topic { get; }

    /// <summary>Where the headers come from; null when records have none.</summary>
    public RecordHeaders? Headers { get; }

    /// <summary>How a <see cref="RecordToken"/> names the headers; 0 when they are not used again.</summary>
    public int HeadersNumber { get; init; }

    /// <summary>Puts a copy of the record into the producer's queue; never waits.</summary>
    /// <param name="producer">The producer that the topic belongs to.</param>
    /// <param name="token">Comes back with the delivery report.</param>
    /// <param name="key">The key; empty for none.</param>
    /// <param name="value">The value.</param>
    /// <returns>Zero, or the error for which the record was not taken.</returns>
    public int Produce(ProducerHandle producer, RecordToken token, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        nint headers = Headers is null ? 0 : Headers.Take();

        // SAFETY: librdkafka copies key and value (MSG_F_COPY) before it returns, while all of them are pinned; the headers are its own if it
        // takes the record and ours if not.
        fixed (byte* keyPointer = key, valuePointer = value)
        fixed (rd_kafka_vu_t* arguments = _arguments)
        {
            arguments[ValueIndex].ptr = valuePointer;
            arguments[ValueIndex].size = (nuint)value.Length;
            arguments[KeyIndex].ptr = keyPointer;
            arguments[KeyIndex].size = (nuint)key.Length;
            arguments[TokenIndex].ptr = (void*)token.Value;
            arguments[HeadersIndex].ptr = (void*)headers;
            nint error = LibRdKafka.rd_kafka_produceva(producer, arguments, headers == 0 ? HeadersIndex : (nuint)_arguments.Length);
            return error == 0 ? KafkaError.ERR_NO_ERROR : TakeCodeSlow(error, headers);
        }
    }

    private int TakeCodeSlow(nint error, nint headers)
    {
        if (headers != 0)
        {
            Headers!.PutBack(headers);
        }

        int code = LibRdKafka.rd_kafka_error_code(error);
        LibRdKafka.rd_kafka_error_destroy(error);
        return code;
    }
}
