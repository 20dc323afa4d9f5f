// SPDX-License-Identifier: Apache-2.0
using System;
using BenchmarkDotNet.Attributes;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;
using Sluice.Throughput;

namespace Sluice.Benchmarks;

/// <summary>
/// From a sample of 256 B payload (an HTTP request, with quotes and line ends) to an encoded event. An operation is one event; there are
/// as many different ones as a busy host has connections, so that no branch is learnt by heart.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class EventBenchmarks
{
    private const int Events = 64;
    private const int PayloadBytes = 256;
    private const long ClockOffsetNs = 1_795_330_000_000_000_000;

    private readonly byte[][] _samples = new byte[Events][];
    private readonly OutputBuffer _output = new();
    private readonly BatchStamp _stamp = new(new EventOrigin("bench-host", runId: 0x1122_3344_5566_7788), ClockOffsetNs);
    private readonly JsonEventEncoder _json = new();
    private readonly MessagePackEventEncoder _messagePack = new();
    private readonly OtlpLogsEncoder _otlp = new();
    private readonly Utf8JsonWriterBaseline _baseline;
    private readonly CountingReceiver _receiver = new();
    private readonly JsonRecordReader _jsonReader = new();
    private readonly MessagePackRecordReader _messagePackReader = new();
    private readonly OtlpRecordReader _otlpReader = new();
    private readonly byte[] _jsonRecord;
    private readonly byte[] _messagePackRecord;
    private readonly byte[] _otlpRecord;

    public EventBenchmarks()
    {
        for (int i = 0; i < Events; i++)
        {
            _samples[i] = SyntheticSamples.Create(i, PayloadBytes);
        }

        _baseline = new Utf8JsonWriterBaseline(_stamp.Origin.HostName, _stamp.Origin.RunId);
        _jsonRecord = Join(_json, _samples, _stamp, [(byte)'['], ",", "]");
        _messagePackRecord = Join(_messagePack, _samples, _stamp, [0xdc, 0, Events], "", "");
        DecodeAndOtlp();
        _otlpRecord = _output.WrittenSpan.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public ulong Decode()
    {
        ulong sum = 0;
        foreach (byte[] sample in _samples)
        {
            if (!TlsDataView.TryParse(sample, out TlsDataView view))
            {
                throw new InvalidOperationException("A sample of our own was refused.");
            }

            sum += view.ConnectionId + view.Sequence + view.Header.KtimeNs + view.Socket.PeerPort + view.Payload[^1];
        }

        return sum;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Events)]
    public long JsonByUtf8JsonWriter()
    {
        long bytes = 0;
        foreach (byte[] sample in _samples)
        {
            bytes += _baseline.Encode(sample, ClockOffsetNs);
        }

        return bytes;
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public long DecodeAndJson() => EncodeAll(_json);

    [Benchmark(OperationsPerInvoke = Events)]
    public long DecodeAndMessagePack() => EncodeAll(_messagePack);

    /// <summary>One request of all events.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public long DecodeAndOtlp()
    {
        _output.Clear();
        _otlp.Begin(_stamp.Origin, _output);
        foreach (byte[] sample in _samples)
        {
            if (!_otlp.TryAppend(sample, _stamp, _output))
            {
                throw new InvalidOperationException("A sample of our own was refused.");
            }
        }

        _otlp.End(_output);
        return _output.Length;
    }

    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadJson() => Read(_jsonReader, _jsonRecord);

    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadMessagePack() => Read(_messagePackReader, _messagePackRecord);

    /// <summary>One request of all events.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public long ReadOtlp() => Read(_otlpReader, _otlpRecord);

    private long Read(IRecordReader reader, byte[] record)
    {
        long before = _receiver.Bytes;
        reader.Read(record, _receiver);
        return _receiver.Bytes - before;
    }

    private static byte[] Join(IEventEncoder encoder, byte[][] samples, BatchStamp stamp, byte[] head, string separator, string tail)
    {
        var output = new OutputBuffer();
        output.Write(head);
        for (int i = 0; i < samples.Length; i++)
        {
            output.Write(System.Text.Encoding.ASCII.GetBytes(i == 0 ? "" : separator));
            encoder.TryEncode(samples[i], stamp, output);
        }

        output.Write(System.Text.Encoding.ASCII.GetBytes(tail));
        return output.WrittenSpan.ToArray();
    }

    private long EncodeAll(IEventEncoder encoder)
    {
        long bytes = 0;
        foreach (byte[] sample in _samples)
        {
            _output.Clear();
            if (!encoder.TryEncode(sample, _stamp, _output))
            {
                throw new InvalidOperationException("A sample of our own was refused.");
            }

            bytes += _output.Length;
        }

        return bytes;
    }
}
