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
    private const int HeadersIndex = 3;

    // Pinned for good: librdkafka reads the list by address.
    private readonly rd_kafka_vu_t[] _arguments = GC.AllocateArray<rd_kafka_vu_t>(6, pinned: true);

    /// <param name="topic">A topic object of the producer that will be used.</param>
    /// <param name="token">Comes back with the delivery report.</param>
    /// <param name="headers">Headers of every record.</param>
    public RecordTemplate(nint topic, nint token, RecordHeaders headers)
    {
        Headers = headers;
        _arguments[0] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_RKT, ptr = (void*)topic };
        _arguments[ValueIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_VALUE;
        _arguments[KeyIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_KEY;
        _arguments[HeadersIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_HEADERS;
        _arguments[4] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_OPAQUE, ptr = (void*)token };
        _arguments[5] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_MSGFLAGS, i = LibRdKafka.RD_KAFKA_MSG_F_COPY };
    }

    /// <summary>Where the headers come from.</summary>
    public RecordHeaders Headers { get; }

    /// <summary>Puts a copy of the record into the producer's queue; never waits.</summary>
    /// <param name="producer">The producer that the topic belongs to.</param>
    /// <param name="key">The key; empty for none.</param>
    /// <param name="value">The value.</param>
    /// <returns>Zero, or the error for which the record was not taken.</returns>
    public int Produce(ProducerHandle producer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        nint headers = Headers.Take();

        // SAFETY: librdkafka copies key and value (MSG_F_COPY) before it returns, while all of them are pinned; the headers are its own if it
        // takes the record and ours if not.
        fixed (byte* keyPointer = key, valuePointer = value)
        fixed (rd_kafka_vu_t* arguments = _arguments)
        {
            arguments[ValueIndex].ptr = valuePointer;
            arguments[ValueIndex].size = (nuint)value.Length;
            arguments[KeyIndex].ptr = keyPointer;
            arguments[KeyIndex].size = (nuint)key.Length;
            arguments[HeadersIndex].ptr = (void*)headers;
            nint error = LibRdKafka.rd_kafka_produceva(producer, arguments, (nuint)_arguments.Length);
            return error == 0 ? KafkaError.ERR_NO_ERROR : TakeCodeSlow(error, headers);
        }
    }

    private int TakeCodeSlow(nint error, nint headers)
    {
        Headers.PutBack(headers);
        int code = LibRdKafka.rd_kafka_error_code(error);
        LibRdKafka.rd_kafka_error_destroy(error);
        return code;
    }
}
