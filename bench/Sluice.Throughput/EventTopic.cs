// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Throughput;

/// <summary>Fills a topic with the events that a relay reads.</summary>
internal sealed class EventTopic
{
    /// <summary>The Kafka sink's limit of a record is below the brokers' 1,048,588 bytes.</summary>
    private const int MaxRecordBytes = 900_000;

    /// <summary>Events of one batch of a capture, which have one observed time.</summary>
    private const int EventsPerStamp = 600;

    private readonly string _brokers;
    private readonly string _encoding;
    private readonly BatchStamp[] _stamps;
    private readonly OutputBuffer _output = new(4 * MaxRecordBytes);
    private readonly OtlpLogsEncoder _otlp = new();
    private readonly IEventEncoder _single;

    /// <param name="brokers">Where.</param>
    /// <param name="encoding">otlp_proto (many events in a record), json or msgpack (one).</param>
    /// <param name="origins">Hosts that the events come from: with otlp_proto a record is of one host, else they come in turns.</param>
    public EventTopic(string brokers, string encoding, int origins)
    {
        _brokers = brokers;
        _encoding = encoding;
        _single = encoding == "json" ? new JsonEventEncoder() : new MessagePackEventEncoder();
        long now = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        _stamps = [.. Enumerable.Range(0, origins).Select(i => new BatchStamp(new EventOrigin($"bench-{i}", (ulong)i + 1), now, now))];
    }

    public long Records { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Makes the topic and fills it.</summary>
    public async Task FillAsync(string topic, int partitions, long events, int payloadBytes)
    {
        var config = new ProducerConfig { BootstrapServers = _brokers, LingerMs = 20, QueueBufferingMaxKbytes = 64 * 1024, QueueBufferingMaxMessages = 100_000 };
        using (IAdminClient admin = new AdminClientBuilder(config).Build())
        {
            await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions }]).ConfigureAwait(false);
        }

        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(config).Build();
        byte[][] samples = [.. Enumerable.Range(0, 10_000).Select(i => SyntheticSamples.Create(i, payloadBytes))];
        var headers = new Headers { { "content-type", System.Text.Encoding.ASCII.GetBytes(_encoding == "otlp_proto" ? _otlp.ContentType : _single.ContentType) } };
        foreach (byte[] value in _encoding == "otlp_proto" ? Requests(samples, events) : Singles(samples, events))
        {
            Produce(producer, new TopicPartition(topic, (int)(Records % partitions)), new Message<Null, byte[]> { Value = value, Headers = headers });
            Records++;
            Bytes += value.Length;
        }

        producer.Flush();
    }

    private static void Produce(IProducer<Null, byte[]> producer, TopicPartition to, Message<Null, byte[]> message)
    {
        while (true)
        {
            try
            {
                producer.Produce(to, message);
                return;
            }
            catch (ProduceException<Null, byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer.Poll(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    private IEnumerable<byte[]> Singles(byte[][] samples, long events)
    {
        for (long number = 0; number < events; number++)
        {
            _output.Clear();
            _single.TryEncode(samples[number % samples.Length], _stamps[number % _stamps.Length], _output);
            yield return _output.WrittenSpan.ToArray();
        }
    }

    private IEnumerable<byte[]> Requests(byte[][] samples, long events)
    {
        for (long number = 0; number < events;)
        {
            BatchStamp stamp = _stamps[Records % _stamps.Length];
            _output.Clear();
            _otlp.Begin(stamp.Origin, _output);
            while (number < events && _output.Length < MaxRecordBytes)
            {
                _otlp.TryAppend(samples[number % samples.Length], stamp with { ObservedUnixNs = stamp.ObservedUnixNs + (number / EventsPerStamp) }, _output);
                number++;
            }

            _otlp.End(_output);
            yield return _output.WrittenSpan.ToArray();
        }
    }
}
