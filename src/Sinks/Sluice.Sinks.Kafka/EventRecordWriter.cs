// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>One record per event.</summary>
/// <remarks>
/// Events are encoded some dozens at a time into a buffer that stays in the CPU's cache, moved together into an arena, and handed to librdkafka in one call.
/// Headers do not go through that call: with them each record has its own.
/// </remarks>
internal sealed unsafe class EventRecordWriter : IRecordWriter
{
    /// <summary>Records of one call. More bring nothing; the reports of what is done are taken between two calls.</summary>
    private const int ChunkRecords = 64;

    /// <summary>Bytes at which a chunk ends, so that it stays in the cache and fits an arena.</summary>
    private const int ChunkBytes = 96 * 1024;

    private readonly KafkaProducer _producer;
    private readonly RecordTopics _topics;
    private readonly IEventEncoder _encoder;
    private readonly RecordKey _key;
    private readonly RecordLimit _limit;
    private readonly OversizedRecords _oversized;
    private readonly SinkLedger _ledger;
    private readonly OutputBuffer _output = new();

    // Pinned for good: librdkafka reads the array by address.
    private readonly rd_kafka_message_t[] _messages = GC.AllocateArray<rd_kafka_message_t>(ChunkRecords, pinned: true);
    private SampleBatch? _batch;
    private RecordTemplate? _template;
    private RecordArena? _arena;
    private int _next;

    // Of the chunk: records that are encoded, and how many of them are settled.
    private int _count;
    private int _done;

    /// <summary>The next sample is too large for a record.</summary>
    private int _oversizedBytes;

    public EventRecordWriter(
        KafkaProducer producer, RecordTopics topics, IEventEncoder encoder, RecordKey key, RecordLimit limit, OversizedRecords oversized, SinkLedger ledger)
    {
        _producer = producer;
        _topics = topics;
        _encoder = encoder;
        _key = key;
        _limit = limit;
        _oversized = oversized;
        _ledger = ledger;
    }

    public void Begin(SampleBatch batch)
    {
        DropChunk();
        _batch = batch;
        _next = 0;
        _oversizedBytes = 0;
    }

    public bool TryContinue()
    {
        while (true)
        {
            if (_done < _count)
            {
                if (!TryProduceChunk())
                {
                    return false;
                }

                _producer.Poll();
            }

            if (_oversizedBytes > 0 && !TrySettleOversized())
            {
                return false;
            }

            if (_next == _batch!.Count)
            {
                return true;
            }

            EncodeChunk();
        }
    }

    /// <summary>Encodes samples of one topic until there are enough, the topic changes, or one is too large.</summary>
    private void EncodeChunk()
    {
        SampleBatch batch = _batch!;
        BatchStamp stamp = batch.Stamp;
        _output.Clear();
        _count = 0;
        _done = 0;
        while (_next < batch.Count && _count < ChunkRecords && _output.Length < ChunkBytes)
        {
            ReadOnlySpan<byte> sample = batch[_next];
            int start = _output.Length;
            ReadOnlySpan<byte> key = default;
            if (!TryEncode(sample, stamp, ref key, out RecordTemplate? template))
            {
                _ledger.AddDropped(DropReason.Malformed, 1);
                _output.Truncate(start);
            }
            else if (_count > 0 && template != _template)
            {
                _output.Truncate(start);
                break;
            }
            else if (_output.Length - start - key.Length is var valueBytes && valueBytes > _limit.MaxValueBytes(key.Length))
            {
                _output.Truncate(start);
                _oversizedBytes = valueBytes;
                break;
            }
            else
            {
                _template = template;
                AddRecord(start, key.Length, valueBytes);
            }

            _next++;
        }

        PlaceChunk();
    }

    /// <summary>Appends key and value.</summary>
    private bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, ref ReadOnlySpan<byte> key, out RecordTemplate? template)
    {
        template = null;
        if (sample.Length < Sluice.Pipeline.Wire.EventHeader.SizeInBytes)
        {
            return false;
        }

        key = _key.Of(sample, stamp.Origin);
        _output.Write(key);
        template = _topics.Find(sample);
        return template is not null && _encoder.TryEncode(sample, stamp, _output);
    }

    /// <summary>Notes where the record lies in the buffer, as offsets for now.</summary>
    private void AddRecord(int start, int keyBytes, int valueBytes)
    {
        ref rd_kafka_message_t message = ref _messages[_count++];
        message.key_len = (nuint)keyBytes;
        message.len = (nuint)valueBytes;
        message.offset = start;
    }

    /// <summary>Moves the chunk into an arena, where it can stay until it is acknowledged; without one, librdkafka will copy.</summary>
    private void PlaceChunk()
    {
        if (_count == 0)
        {
            return;
        }

        RecordArena? arena = _template!.Headers is null ? ArenaFor(_output.Length) : null;
        fixed (byte* scratch = _output.WrittenSpan)
        {
            // SAFETY: the buffer is pinned for good and stays as it is until the chunk is settled, and so does what was copied to the arena.
            byte* bytes = arena is null ? scratch : arena.Append(_output.WrittenSpan);
            nint token = new RecordToken(1, arena?.Number ?? 0, _template.HeadersNumber).Value;
            foreach (ref rd_kafka_message_t message in _messages.AsSpan(0, _count))
            {
                byte* start = bytes + message.offset;
                message.key = message.key_len == 0 ? null : start;
                message.payload = start + message.key_len;
                message._private = token;
            }
        }

        arena?.AddReferences(_count);
    }

    private RecordArena? ArenaFor(int bytes)
    {
        if (_arena is not null && _arena.Room < bytes)
        {
            _producer.Handle.Arenas.Release(_arena.Number, 1);
            _arena = null;
        }

        if (bytes > RecordArena.Bytes)
        {
            return null;
        }

        return _arena ??= _producer.Handle.Arenas.TryRent();
    }

    private bool TryProduceChunk()
    {
        return _template!.Headers is null ? TryProduceTogether() : TryProduceEach();
    }

    private bool TryProduceTogether()
    {
        bool isCopied = new RecordToken(_messages[_done]._private).Arena == 0;
        fixed (rd_kafka_message_t* messages = _messages)
        {
            if (_producer.ProduceMany(_template!.Topic, messages + _done, _count - _done, isCopied))
            {
                _done = _count;
                return true;
            }
        }

        return TrySettleRefusedSlow();
    }

    /// <summary>After a call that did not take all: the ones taken are done, an error of its own settles a record, a full queue ends the loop.</summary>
    private bool TrySettleRefusedSlow()
    {
        for (; _done < _count; _done++)
        {
            ref rd_kafka_message_t message = ref _messages[_done];
            if (message.err == KafkaError.ERR_NO_ERROR)
            {
                continue;
            }

            var token = new RecordToken(message._private);
            if (!_oversized.TrySettleRefused(message.err, token))
            {
                return false;
            }

            ReleaseArena(token, 1);
        }

        return true;
    }

    private bool TryProduceEach()
    {
        for (; _done < _count; _done++)
        {
            ref rd_kafka_message_t message = ref _messages[_done];
            var token = new RecordToken(message._private);

            // SAFETY: key and value lie in _output, which stays as it is until the chunk is settled.
            int error = _producer.Produce(
                _template!, token, new ReadOnlySpan<byte>(message.key, (int)message.key_len), new ReadOnlySpan<byte>(message.payload, (int)message.len));
            if (error != KafkaError.ERR_NO_ERROR && !_oversized.TrySettleRefused(error, token))
            {
                return false;
            }
        }

        return true;
    }

    private bool TrySettleOversized()
    {
        ReadOnlySpan<byte> sample = _batch![_next];
        BatchStamp stamp = _batch.Stamp;
        if (!_oversized.TrySettle(sample, _key.Of(sample, stamp.Origin), stamp, _oversizedBytes))
        {
            return false;
        }

        _oversizedBytes = 0;
        _next++;
        return true;
    }

    /// <summary>Forgets what was encoded and never queued: the wait for room was given up.</summary>
    private void DropChunk()
    {
        if (_done < _count)
        {
            ReleaseArena(new RecordToken(_messages[_done]._private), _count - _done);
        }

        _count = 0;
        _done = 0;
    }

    private void ReleaseArena(RecordToken token, int count)
    {
        if (token.Arena != 0)
        {
            _producer.Handle.Arenas.Release(token.Arena, count);
        }
    }
}
