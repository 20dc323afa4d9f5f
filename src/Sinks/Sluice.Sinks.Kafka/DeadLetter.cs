// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// Sends what is left of a record that is too large: the same event with its payload cut until it fits, marked as truncated, with headers that
/// say why it is there, which topic it was meant for and how large it was. Not thread-safe.
/// </summary>
internal sealed class DeadLetter
{
    private readonly IEventEncoder _encoder;
    private readonly nint _topic;
    private readonly string _meantFor;
    private readonly int _messageMaxBytes;
    private readonly OutputBuffer _output = new();

    public DeadLetter(KafkaSinkOptions options, IEventEncoder encoder, ProducerHandle handle, int messageMaxBytes)
    {
        _messageMaxBytes = messageMaxBytes;
        _encoder = encoder;
        _topic = handle.OpenTopic(KafkaTopics.Of(options.DeadLetterTopic!, EventKind.TlsData));
        _meantFor = KafkaTopics.Of(options.Topic, EventKind.TlsData);
    }

    /// <summary>Queues the cut record.</summary>
    /// <returns>Zero, or the error for which not even the cut record was taken.</returns>
    public int Produce(KafkaProducer producer, ReadOnlySpan<byte> sample, ReadOnlySpan<byte> key, in BatchStamp stamp, int encodedBytes)
    {
        if (MemoryMarshal.Read<EventHeader>(sample).Kind != EventKind.TlsData)
        {
            // Nothing in it can be cut.
            return KafkaError.ERR_MSG_SIZE_TOO_LARGE;
        }

        RecordTemplate template = CreateTemplate(encodedBytes);
        int maxBytes = new RecordLimit(_messageMaxBytes, template.Headers!.MaxWireBytes).MaxValueBytes(key.Length);
        byte[] cut = sample.ToArray();
        uint payloadBytes = MemoryMarshal.Read<TlsDataHeader>(sample).PayloadSize;
        int error;
        do
        {
            // Halving leaves at least half of what would have fitted, whatever the encoding makes of a byte.
            payloadBytes /= 2;
            _output.Clear();
            error = _encoder.TryEncode(Cut(cut, payloadBytes), stamp, _output) && _output.Length <= maxBytes
                ? producer.Produce(template, new RecordToken(1, isDeadLetter: true), key, _output.WrittenSpan)
                : KafkaError.ERR_MSG_SIZE_TOO_LARGE;
        }
        while (error == KafkaError.ERR_MSG_SIZE_TOO_LARGE && payloadBytes > 0);
        template.Headers.Free();
        return error;
    }

    /// <summary>Made for one record: these are rare, and each has a size of its own in its headers.</summary>
    private RecordTemplate CreateTemplate(int encodedBytes) => new(
        _topic,
        new RecordHeaders(
            ("content-type", _encoder.ContentType),
            ("event_name", EventNames.TlsData),
            ("sluice.dead_letter.reason", "oversize"),
            ("sluice.dead_letter.topic", _meantFor),
            ("sluice.dead_letter.size", encodedBytes.ToString(CultureInfo.InvariantCulture))));

    private static ReadOnlySpan<byte> Cut(Span<byte> sample, uint payloadBytes)
    {
        ref TlsDataHeader header = ref MemoryMarshal.AsRef<TlsDataHeader>(sample);
        header.PayloadSize = payloadBytes;
        header.Header.Size = TlsDataHeader.SizeInBytes + payloadBytes;
        header.Header.Flags |= SampleFlags.Truncated;
        return sample[..(int)header.Header.Size];
    }
}
