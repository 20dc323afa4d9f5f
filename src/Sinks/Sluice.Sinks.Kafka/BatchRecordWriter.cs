// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// Many events per record. A record holds events of one batch of samples that have the same topic and key, in order; it ends when it would become too
/// long, or has as many events as are wanted.
/// </summary>
/// <remarks>
/// A record never waits for the next batch of samples: these grow with the load by themselves (SampleIntake), so under load records are full, and else
/// nothing is held back.
/// </remarks>
internal sealed class BatchRecordWriter : IRecordWriter
{
    private const int EndOfGroup = -1;

    private readonly KafkaProducer _producer;
    private readonly RecordTopics _topics;
    private readonly IEventBatchEncoder _encoder;
    private readonly RecordKey _key;
    private readonly RecordLimit _limit;
    private readonly int _maxEvents;
    private readonly int _maxBytes;
    private readonly OversizedRecords _oversized;
    private readonly SinkLedger _ledger;
    private readonly SampleGroups _groups = new();
    private readonly OutputBuffer _output = new();
    private SampleBatch? _batch;
    private RecordTemplate? _template;
    private int _group;
    private int _next;

    // The record that is encoded and not yet queued: a sample of it, for the key, and its events; 0 when there is none.
    private int _keySample;
    private int _events;

    /// <summary>The sample at <see cref="_keySample"/> alone is too large for a record; 0 when it is not.</summary>
    private int _oversizedBytes;

    public BatchRecordWriter(
        KafkaProducer producer, RecordTopics topics, IEventBatchEncoder encoder, KafkaSinkOptions options, RecordLimit limit, OversizedRecords oversized, SinkLedger ledger)
    {
        _producer = producer;
        _topics = topics;
        _encoder = encoder;
        _key = new RecordKey(options.Key);
        _limit = limit;
        _maxEvents = options.MaxBatchEvents;
        _maxBytes = options.MaxBatchBytes;
        _oversized = oversized;
        _ledger = ledger;
    }

    public void Begin(SampleBatch batch)
    {
        _batch = batch;
        _events = 0;
        _oversizedBytes = 0;
        _group = 0;
        _next = EndOfGroup;
        _groups.Reset(batch.Count);
        int malformed = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> sample = batch[i];
            if (EventHeaderView.TryParse(sample, out _) && _topics.Find(sample) is { } template)
            {
                _groups.Add(i, template, _key.NumberOf(sample));
            }
            else
            {
                malformed++;
            }
        }

        CountMalformed(malformed);
    }

    public bool TryContinue()
    {
        while (true)
        {
            if (_oversizedBytes > 0 && !TrySettleOversized())
            {
                return false;
            }

            if (_events > 0 && !TryProduce())
            {
                return false;
            }

            if (_next == EndOfGroup && !TryEnterGroup())
            {
                return true;
            }

            EncodeRecord();
        }
    }

    private bool TryEnterGroup()
    {
        if (_group == _groups.Count)
        {
            return false;
        }

        _next = _groups.First(_group++, out _template);
        return true;
    }

    /// <summary>Encodes the group's next events, as many as fit.</summary>
    private void EncodeRecord()
    {
        SampleBatch batch = _batch!;
        BatchStamp stamp = batch.Stamp;
        _output.Clear();
        _encoder.Begin(stamp.Origin, _output);
        _keySample = _next;
        int maxBytes = Math.Min(_maxBytes, _limit.MaxValueBytes(_key.Of(batch[_keySample], stamp.Origin).Length)) - _encoder.EndBytes;
        int malformed = 0;
        for (; _next != EndOfGroup && _events < _maxEvents; _next = _groups.After(_next))
        {
            int before = _output.Length;
            if (!_encoder.TryAppend(batch[_next], stamp, _output))
            {
                malformed++;
                continue;
            }

            if (_output.Length > maxBytes)
            {
                CutBack(before);
                break;
            }

            _events++;
        }

        _encoder.End(_output);
        CountMalformed(malformed);
    }

    /// <summary>Takes the last event out again; when it is the only one, no record can hold it.</summary>
    private void CutBack(int length)
    {
        int encodedBytes = _output.Length;
        _output.Truncate(length);
        _encoder.Undo();
        if (_events == 0)
        {
            _oversizedBytes = encodedBytes;
            _keySample = _next;
            _next = _groups.After(_next);
        }
    }

    private bool TryProduce()
    {
        var token = new RecordToken(_events, headers: _template!.HeadersNumber);
        int error = _producer.Produce(_template, token, _key.Of(_batch![_keySample], _batch.Stamp.Origin), _output.WrittenSpan);
        if (error != KafkaError.ERR_NO_ERROR && !_oversized.TrySettleRefused(error, token))
        {
            return false;
        }

        _events = 0;
        _producer.Poll();
        return true;
    }

    private bool TrySettleOversized()
    {
        ReadOnlySpan<byte> sample = _batch![_keySample];
        if (!_oversized.TrySettle(sample, _key.Of(sample, _batch.Stamp.Origin), _batch.Stamp, _oversizedBytes))
        {
            return false;
        }

        _oversizedBytes = 0;
        return true;
    }

    private void CountMalformed(int count)
    {
        if (count > 0)
        {
            _ledger.AddDropped(DropReason.Malformed, count);
        }
    }
}
