// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Reading;

public sealed class RefusalTests
{
    private static readonly byte[] s_tls = new TlsSample { Payload = [.. "GET /"u8], CgroupId = 5, Fd = 9 }.WithTcp("10.0.0.5:443", "10.0.0.9:51514").Build();

    private static JsonObject Event(byte[] sample) => JsonNode.Parse(Encodings.Encode("json", sample, Encodings.Stamp))!.AsObject();

    private static CollectingReceiver Read(JsonNode json) => Encodings.Read("json", JsonSerializer.SerializeToUtf8Bytes(json));

    private static void AssertRefused(EventProblem problem, string? field, CollectingReceiver read)
    {
        Assert.Empty(read.Events);
        Assert.Equal((problem, field), Assert.Single(read.Refused));
    }

    [Theory]
    [InlineData("time_unix_nano")]
    [InlineData("event_name")]
    [InlineData("log.record.uid")]
    [InlineData("host.name")]
    [InlineData("process.pid")]
    [InlineData("thread.id")]
    [InlineData("process.executable.name")]
    [InlineData("process.user.id")]
    [InlineData("sluice.connection.id")]
    [InlineData("sluice.sequence")]
    [InlineData("sluice.payload.size")]
    [InlineData("sluice.payload.offset")]
    [InlineData("network.type")]
    public void Event_FieldMissing_IsRefusedByName(string field)
    {
        JsonObject json = Event(s_tls);
        Assert.True(json.Remove(field));

        AssertRefused(EventProblem.MissingField, field, Read(json));
    }

    [Theory]
    [InlineData("event_name", "\"dns.query\"", EventProblem.UnknownEvent)]
    [InlineData("process.pid", "4294967296", EventProblem.BadValue)]
    [InlineData("process.pid", "-1", EventProblem.BadValue)]
    [InlineData("process.pid", "1.5", EventProblem.BadValue)]
    [InlineData("process.pid", "\"1\"", EventProblem.WrongType)]
    [InlineData("process.pid", "null", EventProblem.WrongType)]
    [InlineData("process.pid", "[1,[2]]", EventProblem.WrongType)]
    [InlineData("sluice.cgroup.id", "0", EventProblem.BadValue)]
    [InlineData("network.local.port", "65536", EventProblem.BadValue)]
    [InlineData("network.local.port", "0", EventProblem.BadValue)]
    [InlineData("sluice.socket.fd", "2147483648", EventProblem.BadValue)]
    [InlineData("log.record.uid", "\"1122334455667788000300000000002\"", EventProblem.BadValue)]
    [InlineData("log.record.uid", "\"112233445566778800030000000000xx\"", EventProblem.BadValue)]
    [InlineData("sluice.connection.id", "\"1234\"", EventProblem.BadValue)]
    [InlineData("sluice.tls.library", "\"schannel\"", EventProblem.BadValue)]
    [InlineData("tls.protocol.version", "\"2.0\"", EventProblem.BadValue)]
    [InlineData("network.type", "\"ipv6\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"10.0.0.256\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"10.0.0.09\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"0.0.0.0\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"::\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"1:2:3:4:5:6:7:8:9\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"1::2::3\"", EventProblem.BadValue)]
    [InlineData("network.peer.address", "\"web-1\"", EventProblem.BadValue)]
    [InlineData("process.executable.name", "\"a\\u0000b\"", EventProblem.BadValue)]
    [InlineData("process.executable.name", "\"\\ud800\"", EventProblem.BadValue)]
    [InlineData("process.executable.name", "\"a name that is longer than a sample holds\"", EventProblem.TooLong)]
    [InlineData("body", "true", EventProblem.WrongType)]
    [InlineData("body", "17", EventProblem.WrongType)]
    public void Event_ValueThatNoSampleHolds_IsRefusedByName(string field, string value, EventProblem problem)
    {
        JsonObject json = Event(s_tls);
        string text = json.ToJsonString();
        json[field] = "REPLACED";
        text = json.ToJsonString().Replace("\"REPLACED\"", value, StringComparison.Ordinal);

        AssertRefused(problem, field, Encodings.Read("json", System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("sluice.payload.truncated", true, "sluice.payload.truncated_by", EventProblem.MissingField)]
    [InlineData("sluice.payload.truncated", false, "sluice.payload.truncated", EventProblem.BadValue)]
    [InlineData("sluice.gap", true, "sluice.lost_before", EventProblem.MissingField)]
    [InlineData("sluice.loss.count", 1, "sluice.loss.count", EventProblem.MisplacedField)]
    [InlineData("sluice.bytes.sent", 1, "sluice.bytes.sent", EventProblem.MisplacedField)]
    [InlineData("body_base64", "AP+A", "body_base64", EventProblem.MisplacedField)]
    [InlineData("body_base64", "A", "body_base64", EventProblem.BadValue)]
    public void Event_FieldThatDoesNotBelongThere_IsRefusedByName(string field, object value, string named, EventProblem problem)
    {
        JsonObject json = Event(s_tls);
        json[field] = JsonValue.Create(value);

        AssertRefused(problem, named, Read(json));
    }

    [Fact]
    public void Connection_PacketsOfTcpOrDurationOfAnOpening_AreRefused()
    {
        JsonObject close = Event(new ConnectionSample().Build());
        close["sluice.packets.sent"] = 1;
        AssertRefused(EventProblem.MisplacedField, "sluice.packets.sent", Read(close));

        JsonObject open = Event(new ConnectionSample { Action = ConnectionAction.Open }.Build());
        open["sluice.duration_ns"] = 1;
        AssertRefused(EventProblem.MisplacedField, "sluice.duration_ns", Read(open));
    }

    [Fact]
    public void Event_FieldTwice_IsRefused()
    {
        string text = Event(s_tls).ToJsonString()[..^1] + ",\"process.pid\":4711}";

        AssertRefused(EventProblem.RepeatedField, "process.pid", Encodings.Read("json", System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Event_UnknownFieldsAndAnotherOrder_IsTheSame()
    {
        JsonObject json = Event(s_tls);
        var shuffled = new JsonObject { ["k8s.pod.name"] = "p", ["x"] = new JsonObject { ["y"] = new JsonArray(1, null, "z") } };
        foreach (KeyValuePair<string, JsonNode?> property in json.Reverse())
        {
            shuffled[property.Key] = property.Value!.DeepClone();
        }

        CollectingReceiver read = Read(shuffled);

        Assert.Empty(read.Refused);
        Assert.Equal(Encodings.Read("json", Encodings.Encode("json", s_tls, Encodings.Stamp)).Events[0].Sample, Assert.Single(read.Events).Sample);
    }

    [Fact]
    public void Event_EscapedNamesAndText_IsTheSame()
    {
        string text = Event(s_tls).ToJsonString()
            .Replace("\"process.pid\"", "\"process\\u002epid\"", StringComparison.Ordinal).Replace("\"tls.data\"", "\"tls\\u002edata\"", StringComparison.Ordinal);

        CollectingReceiver read = Encodings.Read("json", System.Text.Encoding.UTF8.GetBytes(text));

        Assert.Empty(read.Refused);
        Assert.Single(read.Events);
    }

    [Theory]
    [InlineData("17")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("[17,{},[[]]]")]
    public void Record_JsonThatIsNoEvent_IsRefusedValueByValue(string text)
    {
        CollectingReceiver read = Encodings.Read("json", System.Text.Encoding.UTF8.GetBytes(text));

        Assert.Empty(read.Events);
        Assert.Equal(text[0] == '[' ? 3 : 1, read.Refused.Count);
    }

    [Fact]
    public void Array_OneBadEventAmongGood_CostsThatOneOnly()
    {
        JsonObject bad = Event(s_tls);
        bad.Remove("process.pid");

        CollectingReceiver read = Read(new JsonArray(Event(s_tls), bad, Event(s_tls)));

        Assert.Equal(2, read.Events.Count);
        Assert.Equal((EventProblem.MissingField, "process.pid"), Assert.Single(read.Refused));
    }

    [Fact]
    public void MessagePack_HostileLengths_EndAtTheBytes()
    {
        // Arrays of four thousand million, maps in maps, lengths far beyond the record.
        foreach (byte[] record in (byte[][])
        [
            [0xdd, 0xff, 0xff, 0xff, 0xff],
            [0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, (byte)'a', 0xdd, 0xff, 0xff, 0xff, 0xff],
            [0x81, 0xa1, (byte)'a', 0xdb, 0xff, 0xff, 0xff, 0xff],
            [.. Enumerable.Repeat((byte)0x91, 100_000)],
            [0x81, 0xa1, (byte)'a', .. Enumerable.Repeat((byte)0x91, 100_000)],
            [0xc1],
        ])
        {
            CollectingReceiver read = Encodings.Read("msgpack", record);

            Assert.Empty(read.Events);
            Assert.NotEmpty(read.Refused);
        }
    }

    [Fact]
    public void Otlp_OneBrokenLogRecord_CostsThatOneOnly()
    {
        byte[] record = Encodings.EncodeMany("otlp", [s_tls, s_tls, s_tls], Encodings.Stamp);
        int second = record.AsSpan().IndexOf("time"u8);
        byte[] name = [.. "tls.data"u8];
        int first = record.AsSpan().IndexOf(name);
        int at = first + name.Length + record.AsSpan(first + name.Length).IndexOf(name);
        Assert.True(second < at);
        record[at - 1] = 0x7f;

        CollectingReceiver read = Encodings.Read("otlp", record);

        Assert.Equal(2, read.Events.Count);
        Assert.Single(read.Refused);
    }

    [Fact]
    public void Otlp_ForeignLogs_AreUnnamedEvents()
    {
        byte[] log = [0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x2a, 4, 0x0a, 2, (byte)'h', (byte)'i'];
        byte[] record = [0x0a, (byte)(log.Length + 4), 0x12, (byte)(log.Length + 2), 0x12, (byte)log.Length, .. log];

        AssertRefused(EventProblem.MissingField, "event_name", Encodings.Read("otlp", record));
    }

    [Fact]
    public void Payload_OfTheLongestSample_IsTaken_LongerOnesAreNot()
    {
        byte[] longest = new TlsSample { Payload = [.. Enumerable.Repeat((byte)'a', 16384)] }.Build();
        foreach (string encoding in Encodings.Names)
        {
            Assert.Single(Encodings.Read(encoding, Encodings.Encode(encoding, longest, Encodings.Stamp)).Events);
            byte[] tooLong = new TlsSample { Payload = [.. Enumerable.Repeat((byte)0xff, 300_000)] }.Build();
            AssertRefused(EventProblem.TooLong, encoding == "json" ? "body_base64" : "body", Encodings.Read(encoding, Encodings.Encode(encoding, tooLong, Encodings.Stamp)));
        }
    }
}
