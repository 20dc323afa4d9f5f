// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// The argument list of a produce call for one topic and one kind of event: topic and headers are filled in once, value and key for every record.
/// Not thread-safe.
/// </summary>
internal sealed unsafe class RecordTemplate
{
    private const int ValueIndex = 1;
    private const int KeyIndex = 2;
    private const int TimestampIndex = 3;
    private const int FixedCount = 6;

    // Pinned for good: librdkafka reads the list, and the bytes that it points at, by address.
    private readonly rd_kafka_vu_t[] _arguments;
    private readonly byte[][] _headerBytes;

    /// <param name="topic">A topic object of the producer that will be used.</param>
    /// <param name="token">Comes back with the delivery report.</param>
    /// <param name="headers">Headers of every record.</param>
    public RecordTemplate(nint topic, nint token, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        _arguments = GC.AllocateArray<rd_kafka_vu_t>(FixedCount + headers.Length, pinned: true);
        _headerBytes = new byte[headers.Length * 2][];
        _arguments[0] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_RKT, ptr = (void*)topic };
        _arguments[ValueIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_VALUE;
        _arguments[KeyIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_KEY;
        _arguments[TimestampIndex].vtype = LibRdKafka.RD_KAFKA_VTYPE_TIMESTAMP;
        _arguments[4] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_OPAQUE, ptr = (void*)token };
        _arguments[5] = new() { vtype = LibRdKafka.RD_KAFKA_VTYPE_MSGFLAGS, i = LibRdKafka.RD_KAFKA_MSG_F_COPY };
        for (int i = 0; i < headers.Length; i++)
        {
            SetHeader(i, headers[i].Name, headers[i].Value);
        }
    }

    /// <summary>Changes the value of a header for the records that follow.</summary>
    public void SetHeader(int index, string name, string value)
    {
        byte[] nameBytes = _headerBytes[index * 2] = Pin(name);
        byte[] valueBytes = _headerBytes[(index * 2) + 1] = Pin(value);

        // SAFETY: both arrays are pinned and _headerBytes keeps them alive as long as the list points at them.
        fixed (byte* namePointer = nameBytes, valuePointer = valueBytes)
        {
            _arguments[FixedCount + index] = new()
            {
                vtype = LibRdKafka.RD_KAFKA_VTYPE_HEADER,
                ptr = namePointer,
                header_val = valuePointer,
                header_size = valueBytes.Length - 1,
            };
        }
    }

    /// <summary>Puts a copy of the record into the producer's queue; never waits.</summary>
    /// <param name="producer">The producer that the topic belongs to.</param>
    /// <param name="key">The key; empty for none.</param>
    /// <param name="value">The value.</param>
    /// <param name="timestampMs">Unix milliseconds; 0 = now.</param>
    /// <returns>Zero, or the error for which the record was not taken.</returns>
    public int Produce(ProducerHandle producer, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long timestampMs)
    {
        // SAFETY: librdkafka copies key, value (MSG_F_COPY) and headers before it returns, while all of them are pinned.
        fixed (byte* keyPointer = key, valuePointer = value)
        fixed (rd_kafka_vu_t* arguments = _arguments)
        {
            arguments[ValueIndex].ptr = valuePointer;
            arguments[ValueIndex].size = (nuint)value.Length;
            arguments[KeyIndex].ptr = keyPointer;
            arguments[KeyIndex].size = (nuint)key.Length;
            arguments[TimestampIndex].i64 = timestampMs;
            nint error = LibRdKafka.rd_kafka_produceva(producer, arguments, (nuint)_arguments.Length);
            return error == 0 ? KafkaError.ERR_NO_ERROR : TakeCodeSlow(error);
        }
    }

    private static int TakeCodeSlow(nint error)
    {
        int code = LibRdKafka.rd_kafka_error_code(error);
        LibRdKafka.rd_kafka_error_destroy(error);
        return code;
    }

    /// <summary>The text in UTF-8 with a NUL behind it.</summary>
    private static byte[] Pin(string text)
    {
        byte[] bytes = GC.AllocateArray<byte>(Encoding.UTF8.GetByteCount(text) + 1, pinned: true);
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
