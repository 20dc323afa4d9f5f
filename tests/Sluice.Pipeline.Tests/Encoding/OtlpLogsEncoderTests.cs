// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Unicode;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Sluice.TestSupport.Otlp;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class OtlpLogsEncoderTests
{
    private const long ObservedUnixNs = 1_795_330_002_000_000_001;

    private static readonly OtlpLogsEncoder s_encoder = new();
    private static readonly BatchStamp s_stamp = ExpectedEvent.Stamp with { ObservedUnixNs = ObservedUnixNs };

    [Fact]
    public void Request_CaptureLoss_IsGolden()
    {
        byte[] record =
        [
            0x59, 0x01, 0xb4, 0xcf, 0xef, 0x1f, 0x4b, 0xea, 0x18,
            0x09, 0x15, 0xed, 0x34, 0xb4, 0x1f, 0x4b, 0xea, 0x18,
            0x62, 12, .. "capture.loss"u8, 0x10, 13, 0x1a, 4, .. "WARN"u8,
            0x32, 52, 0x0a, 14, .. "log.record.uid"u8, 0x12, 34, 0x0a, 32, .. "1122334455667788000300000000002a"u8,
            0x32, 32, 0x0a, 17, .. "sluice.loss.cause"u8, 0x12, 11, 0x0a, 9, .. "ring_full"u8,
            0x32, 23, 0x0a, 17, .. "sluice.loss.count"u8, 0x12, 2, 0x18, 7,
            0x32, 24, 0x0a, 17, .. "sluice.loss.total"u8, 0x12, 3, 0x18, 0xe8, 0x07,
        ];
        byte[] resource =
        [
            0x0a, 24, 0x0a, 12, .. "service.name"u8, 0x12, 8, 0x0a, 6, .. "sluice"u8,
            0x0a, 20, 0x0a, 9, .. "host.name"u8, 0x12, 7, 0x0a, 5, .. "web-1"u8,
        ];
        byte[] scope = [0x0a, 15, 0x0a, 6, .. "sluice"u8, 0x12, 5, .. "0.1.0"u8, 0x1a, 39, .. "https://opentelemetry.io/schemas/1.44.0"u8];
        byte[] scopeLogs = [.. scope, 0x12, .. Padded(record.Length, 2), .. record];
        byte[] resourceLogs = [0x0a, (byte)resource.Length, .. resource, 0x12, .. Padded(scopeLogs.Length, 5), .. scopeLogs];

        byte[] encoded = Encode(s_stamp, LossSample.Build("ring_full", 7, 1000));

        Assert.Equal([0x0a, .. Padded(resourceLogs.Length, 5), .. resourceLogs], encoded);
    }

    [Fact]
    public void Request_OriginWithAttributes_HasThemOnceInItsResource()
    {
        var origin = new EventOrigin("web-1", ExpectedEvent.RunId, [new("host.id", "4fd1"), new("os.type", "linux"), new("os.description", new string('é', 200))]);

        ExportLogsServiceRequest request = Parse(Encode(s_stamp with { Origin = origin }, LossSample.Build("a", 1, 2), LossSample.Build("b", 1, 2)));

        ResourceLogs resourceLogs = Assert.Single(request.ResourceLogs);
        Assert.Equal(
            ["service.name=sluice", "host.name=web-1", "host.id=4fd1", "os.type=linux", "os.description=" + new string('é', 200)],
            resourceLogs.Resource.Attributes.Select(attribute => $"{attribute.Key}={attribute.Value.StringValue}"));
        ScopeLogs scopeLogs = Assert.Single(resourceLogs.ScopeLogs);
        Assert.Equal("sluice", scopeLogs.Scope.Name);
        Assert.Equal("0.1.0", scopeLogs.Scope.Version);
        Assert.Equal("https://opentelemetry.io/schemas/1.44.0", scopeLogs.SchemaUrl);
        Assert.Equal(2, scopeLogs.LogRecords.Count);
    }

    [Fact]
    public void Request_RandomEvents_ReadBackAreTheSame()
    {
        var random = new Random(47);
        TlsSample[] samples = [.. Enumerable.Range(0, 2_000).Select(_ => RandomSample.Next(random))];

        LogRecord[] records = Records(Encode(s_stamp, [.. samples.Select(sample => sample.Build())]));

        Assert.Equal(samples.Length, records.Length);
        for (int i = 0; i < samples.Length; i++)
        {
            Assert.Equal(ExpectedEvent.Of(samples[i], "web-1"), Text(records[i]));
            Assert.True(samples[i].Payload.AsSpan().SequenceEqual(Body(samples[i], records[i])));
            Assert.Equal((9, "INFO"), (records[i].SeverityNumber, records[i].SeverityText));
            Assert.Equal((ulong)ObservedUnixNs, records[i].ObservedTimeUnixNano);
        }
    }

    [Fact]
    public void Request_Connections_HaveTheFieldsOfTheJsonEncoding()
    {
        byte[][] samples =
        [
            new ConnectionSample().Build(),
            new ConnectionSample { Action = ConnectionAction.Fail, Error = 111, Flags = SampleFlags.Gap, LostBefore = 3 }.Build(),
            new ConnectionSample { Transport = 17, PacketsSent = 3, PacketsReceived = ulong.MaxValue, Local = "[2001:db8::1]:5", Peer = "[::1]:9" }.Build(),
            new ConnectionSample { Flags = SampleFlags.ProcessUnknown | SampleFlags.StartUnknown | SampleFlags.TrafficUnknown }.Build(),
        ];

        LogRecord[] records = Records(Encode(s_stamp, samples));

        for (int i = 0; i < samples.Length; i++)
        {
            Assert.Equal(JsonText(samples[i]), Text(records[i]));
            Assert.Null(records[i].Body);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(2_000)]
    [InlineData(16_383)]
    [InlineData(16_384)]
    [InlineData(3_000_000)]
    public void Request_PayloadOfEachSizeClass_IsTheBody(int length)
    {
        byte[] payload = [.. Enumerable.Repeat((byte)0xfe, length)];

        LogRecord record = Assert.Single(Records(Encode(s_stamp, new TlsSample { Payload = payload }.Build())));

        Assert.True(payload.AsSpan().SequenceEqual((record.Body?.BytesValue ?? Google.Protobuf.ByteString.Empty).Span));
    }

    [Fact]
    public void Request_LongestCauseOfBadBytes_IsRepairedAndRead()
    {
        byte[] sample = LossSample.Build(new string('x', 32), 1, 2);
        int cause = sample.AsSpan().IndexOf("xxxx"u8);
        sample.AsSpan(cause, 32).Fill(0xff);

        LogRecord record = Assert.Single(Records(Encode(s_stamp, sample)));

        Assert.Equal(new string('\ufffd', 32), record.Attributes.Single(attribute => attribute.Key == "sluice.loss.cause").Value.StringValue);
    }

    [Fact]
    public void Request_NumberAboveInt64_IsItsDigits()
    {
        LogRecord record = Assert.Single(Records(Encode(s_stamp, LossSample.Build("ring_full", ulong.MaxValue, long.MaxValue))));

        Assert.Equal("18446744073709551615", record.Attributes.Single(attribute => attribute.Key == "sluice.loss.count").Value.StringValue);
        Assert.Equal(long.MaxValue, record.Attributes.Single(attribute => attribute.Key == "sluice.loss.total").Value.IntValue);
    }

    [Fact]
    public void Request_WithoutEvents_IsValidAndEmpty() => Assert.Empty(Records(Encode(s_stamp)));

    [Fact]
    public void Request_EventCutOffAgain_HasTheOthersAlone()
    {
        var output = new OutputBuffer(16);
        output.Write("before"u8);
        s_encoder.Begin(s_stamp.Origin, output);
        Assert.True(s_encoder.TryAppend(LossSample.Build("first", 1, 2), s_stamp, output));
        int cut = output.Length;
        Assert.True(s_encoder.TryAppend(LossSample.Build("second", 1, 2), s_stamp, output));
        output.Truncate(cut);
        s_encoder.Undo();
        s_encoder.End(output);

        Assert.Equal(cut, output.Length - s_encoder.EndBytes);
        LogRecord record = Assert.Single(Records(output.WrittenSpan["before".Length..].ToArray()));
        Assert.Contains(record.Attributes, attribute => attribute.Value.StringValue == "first");
    }

    [Fact]
    public void TryAppend_MalformedSample_LeavesTheOutputAlone()
    {
        byte[] sample = new TlsSample { Payload = [1, 2, 3] }.WithTcp("10.0.0.5:443", "10.0.0.9:5").Build();
        var output = new OutputBuffer(16);
        s_encoder.Begin(s_stamp.Origin, output);
        byte[] before = output.WrittenSpan.ToArray();

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.False(s_encoder.TryAppend(sample.AsSpan(0, length), s_stamp, output));
            Assert.Equal(before, output.WrittenSpan.ToArray());
        }
    }

    private static byte[] Encode(in BatchStamp stamp, params byte[][] samples)
    {
        var output = new OutputBuffer(16);
        s_encoder.Begin(stamp.Origin, output);
        foreach (byte[] sample in samples)
        {
            Assert.True(s_encoder.TryAppend(sample, stamp, output));
        }

        s_encoder.End(output);
        return output.WrittenSpan.ToArray();
    }

    private static ExportLogsServiceRequest Parse(byte[] request) => ExportLogsServiceRequest.Parser.ParseFrom(request);

    private static LogRecord[] Records(byte[] request) =>
        [.. Assert.Single(Assert.Single(Parse(request).ResourceLogs).ScopeLogs).LogRecords];

    private static byte[] Padded(int length, int bytes) =>
        [.. Enumerable.Range(0, bytes).Select(i => (byte)(((length >> (7 * i)) & 0x7f) | (i < bytes - 1 ? 0x80 : 0)))];

    /// <summary>A record as <see cref="ExpectedEvent.Of"/> writes it, with the host, which stands in the resource.</summary>
    private static string Text(LogRecord record)
    {
        var fields = new StringBuilder();
        fields.Append(CultureInfo.InvariantCulture, $"time_unix_nano={record.TimeUnixNano}\0event_name={record.EventName}\0");
        foreach (KeyValue attribute in record.Attributes)
        {
            fields.Append(CultureInfo.InvariantCulture, $"{attribute.Key}={Text(attribute.Value)}\0");
            fields.Append(attribute.Key == "log.record.uid" ? "host.name=web-1\0" : "");
        }

        return fields.ToString();
    }

    private static string Text(AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"An attribute is {value.ValueCase}."),
    };

    private static ReadOnlySpan<byte> Body(TlsSample sample, LogRecord record)
    {
        AnyValue.ValueOneofCase expected = sample.Payload.Length == 0 ? AnyValue.ValueOneofCase.None
            : Utf8.IsValid(sample.Payload) ? AnyValue.ValueOneofCase.StringValue
            : AnyValue.ValueOneofCase.BytesValue;
        Assert.Equal(expected, record.Body?.ValueCase ?? AnyValue.ValueOneofCase.None);
        return expected == AnyValue.ValueOneofCase.StringValue ? System.Text.Encoding.UTF8.GetBytes(record.Body!.StringValue) : (record.Body?.BytesValue ?? Google.Protobuf.ByteString.Empty).Span;
    }

    private static string JsonText(byte[] sample)
    {
        var output = new OutputBuffer(16);
        Assert.True(new JsonEventEncoder().TryEncode(sample, s_stamp, output));
        using var json = System.Text.Json.JsonDocument.Parse(output.WrittenMemory);
        IEnumerable<string> fields = json.RootElement.EnumerateObject().Select(field => $"{field.Name}={ExpectedEvent.Text(field.Value)}\0");
        return string.Concat(fields);
    }
}
