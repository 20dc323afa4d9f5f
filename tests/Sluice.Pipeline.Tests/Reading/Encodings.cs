// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Tests.Encoding;
using Sluice.TestSupport;

namespace Sluice.Pipeline.Tests.Reading;

/// <summary>The three encodings with their readers, and events of every kind.</summary>
internal static class Encodings
{
    public const long ObservedUnixNs = 1_795_330_002_000_000_001;

    public static EventOrigin Origin { get; } = new("web-1", ExpectedEvent.RunId, [new("host.id", "4fd1"), new("os.type", "linux")]);

    public static BatchStamp Stamp { get; } = new(Origin, ExpectedEvent.ClockOffsetNs, ObservedUnixNs);

    public static string[] Names { get; } = ["json", "msgpack", "otlp"];

    public static IRecordReader Reader(string encoding) => encoding switch
    {
        "json" => new JsonRecordReader(),
        "msgpack" => new MessagePackRecordReader(),
        _ => new OtlpRecordReader(),
    };

    public static string ContentType(string encoding) => encoding switch
    {
        "json" => new JsonEventEncoder().ContentType,
        "msgpack" => new MessagePackEventEncoder().ContentType,
        _ => new OtlpLogsEncoder().ContentType,
    };

    /// <summary>One record with one event.</summary>
    public static byte[] Encode(string encoding, byte[] sample, BatchStamp stamp) => encoding switch
    {
        "json" => Encode(new JsonEventEncoder(), sample, stamp),
        "msgpack" => Encode(new MessagePackEventEncoder(), sample, stamp),
        _ => EncodeOtlp([sample], stamp),
    };

    /// <summary>One record with many events: an array, or one request.</summary>
    public static byte[] EncodeMany(string encoding, IReadOnlyList<byte[]> samples, BatchStamp stamp) => encoding switch
    {
        "json" => System.Text.Encoding.UTF8.GetBytes($"[{string.Join(',', samples.Select(sample => System.Text.Encoding.UTF8.GetString(Encode("json", sample, stamp))))}]"),
        "msgpack" => [0xdc, (byte)(samples.Count >> 8), (byte)samples.Count, .. samples.SelectMany(sample => Encode("msgpack", sample, stamp))],
        _ => EncodeOtlp(samples, stamp),
    };

    public static CollectingReceiver Read(string encoding, ReadOnlySpan<byte> record)
    {
        var receiver = new CollectingReceiver();
        Reader(encoding).Read(record, receiver);
        return receiver;
    }

    /// <summary>Events of all kinds and shapes.</summary>
    public static byte[] RandomEvent(Random random) => random.Next(4) switch
    {
        0 => RandomSample.NextConnection(random),
        1 => LossSample.Build(((string[])["ring_full", "map_full", "", "a cause whose name has 32 letter"])[random.Next(4)], (ulong)random.NextInt64(), ulong.MaxValue),
        _ => RandomSample.Next(random).Build(),
    };

    private static byte[] Encode(IEventEncoder encoder, byte[] sample, BatchStamp stamp)
    {
        var output = new OutputBuffer();
        return encoder.TryEncode(sample, stamp, output) ? output.WrittenSpan.ToArray() : throw new ArgumentException("No sample.", nameof(sample));
    }

    private static byte[] EncodeOtlp(IReadOnlyList<byte[]> samples, BatchStamp stamp)
    {
        var output = new OutputBuffer();
        var encoder = new OtlpLogsEncoder();
        encoder.Begin(stamp.Origin, output);
        foreach (byte[] sample in samples)
        {
            encoder.TryAppend(sample, stamp, output);
        }

        encoder.End(output);
        return output.WrittenSpan.ToArray();
    }
}
