// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Confluent.Kafka;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>Writes events with numbers to topics, as the Kafka sink does: keyed by connection, with their content type.</summary>
internal sealed class NumberedEvents : IDisposable
{
    public const int Connections = 16;
    public const ulong RunId = 0x1122_3344_5566_7788;

    private static readonly BatchStamp s_stamp = new(new EventOrigin("web-1", RunId), 1_795_330_000_000_000_000, 1_795_330_000_500_000_000);

    private readonly IProducer<byte[], byte[]> _producer;
    private readonly OutputBuffer _output = new();

    public NumberedEvents(string brokers) => _producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig
    {
        BootstrapServers = brokers,
        EnableIdempotence = true,
        Partitioner = Partitioner.Murmur2Random,
        LingerMs = 5,
    }).Build();

    /// <summary>The encodings, and how many events stand in a record.</summary>
    public static (string Encoding, int PerRecord)[] Forms { get; } = [("json", 1), ("json", 10), ("msgpack", 1), ("msgpack", 10), ("otlp_proto", 10)];

    /// <summary><c>log.record.uid</c> of an event.</summary>
    public static string Uid(long number) => string.Create(CultureInfo.InvariantCulture, $"{RunId:x16}00000{number:x11}");

    /// <summary>Events from one number to another, those of a connection in order; a record holds events of one connection.</summary>
    public void Write(string topic, string encoding, int perRecord, long from, long count)
    {
        for (long start = from; start < from + count; start += perRecord * Connections)
        {
            for (int connection = 0; connection < Connections; connection++)
            {
                int first = connection;
                long[] numbers = [.. Enumerable.Range(0, perRecord).Select(i => start + first + (i * (long)Connections)).Where(number => number < from + count)];
                if (numbers.Length != 0)
                {
                    WriteRecord(topic, ContentType(encoding), Encode(encoding, perRecord, numbers), connection);
                }
            }
        }
    }

    /// <summary>Any bytes as a record; null for none.</summary>
    public void WriteRecord(string topic, string? contentType, byte[]? value, int connection = 0)
    {
        var message = new Message<byte[], byte[]> { Key = Encoding.ASCII.GetBytes($"web-1/{connection:x16}"), Value = value! };
        if (contentType is not null)
        {
            message.Headers = new Headers { { "content-type", Encoding.ASCII.GetBytes(contentType) } };
        }

        while (true)
        {
            try
            {
                _producer.Produce(topic, message);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(10));
            }
        }
    }

    /// <summary>Returns when the brokers have everything.</summary>
    public void Flush() => _producer.Flush();

    public void Dispose() => _producer.Dispose();

    public static byte[] Sample(long number) => new TlsSample
    {
        Cpu = 0,
        CpuSequence = (ulong)number,
        ConnectionId = (ulong)(number % Connections),
        Sequence = (ulong)(number / Connections),
        Payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET /{number} HTTP/1.1\r\n\r\n")),
    }.WithTcp("10.0.0.5:443", "10.0.0.9:51514").Build();

    public byte[] Encode(string encoding, int perRecord, long[] numbers)
    {
        byte[][] samples = [.. numbers.Select(Sample)];
        if (encoding == "otlp_proto")
        {
            return EncodeOtlp(samples);
        }

        byte[][] events = [.. samples.Select(sample => EncodeOne(encoding, sample))];
        return perRecord == 1 ? events[0] : encoding == "json"
            ? Encoding.UTF8.GetBytes($"[{string.Join(',', events.Select(Encoding.UTF8.GetString))}]")
            : [0xdc, 0, (byte)events.Length, .. events.SelectMany(static bytes => bytes)];
    }

    public static string ContentType(string encoding) => encoding switch
    {
        "json" => "application/json",
        "msgpack" => "application/vnd.msgpack",
        _ => "application/x-protobuf",
    };

    private byte[] EncodeOne(string encoding, byte[] sample)
    {
        IEventEncoder encoder = encoding == "json" ? new JsonEventEncoder() : new MessagePackEventEncoder();
        _output.Clear();
        return encoder.TryEncode(sample, s_stamp, _output) ? _output.WrittenSpan.ToArray() : throw new ArgumentException("No sample.", nameof(sample));
    }

    private byte[] EncodeOtlp(IEnumerable<byte[]> samples)
    {
        var encoder = new OtlpLogsEncoder();
        _output.Clear();
        encoder.Begin(s_stamp.Origin, _output);
        foreach (byte[] sample in samples)
        {
            encoder.TryAppend(sample, s_stamp, _output);
        }

        encoder.End(_output);
        return _output.WrittenSpan.ToArray();
    }
}
