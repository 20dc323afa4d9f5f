// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class JsonEventEncoderTests
{
    private static readonly JsonEventEncoder s_encoder = new();

    private static string Encode(byte[] sample, string host = "web-1")
    {
        var output = new OutputBuffer();
        Assert.True(s_encoder.TryEncode(sample, ExpectedEvent.From(host), output));
        Assert.True(Utf8.IsValid(output.WrittenSpan));
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The lines of a raw string put together: an event is one line.</summary>
    private static string OneLine(string lines) => lines.Replace("\n", "", StringComparison.Ordinal);

    [Fact]
    public void TryEncode_EverydayEvent_IsGolden() => Assert.Equal(
        OneLine("""
        {"time_unix_nano":1795330001000000789,"event_name":"tls.data","log.record.uid":"1122334455667788000300000000002a","host.name":"web-1",
        "process.pid":4711,"thread.id":4713,"process.executable.name":"nginx","process.user.id":33,
        "network.io.direction":"transmit","network.transport":"tcp","network.type":"ipv4","network.local.address":"10.0.0.5",
        "network.local.port":443,"network.peer.address":"10.0.0.9","network.peer.port":51514,"tls.protocol.version":"1.3",
        "sluice.tls.library":"openssl","sluice.connection.id":"0000000000001234","sluice.sequence":17,"sluice.payload.size":19,
        "sluice.payload.offset":0,"body":"HTTP/1.1 200 OK\r\n\r\n"}
        """),
        Encode(new TlsSample { Payload = [.. "HTTP/1.1 200 OK\r\n\r\n"u8] }.WithTcp("10.0.0.5:443", "10.0.0.9:51514").Build()));

    [Fact]
    public void TryEncode_EveryField_IsGolden() => Assert.Equal(
        OneLine("""
        {"time_unix_nano":1795330001000000789,"event_name":"tls.data","log.record.uid":"1122334455667788000300000000002a","host.name":"web-1",
        "process.pid":4711,"thread.id":4713,"process.executable.name":"a\"b�","process.user.id":33,"sluice.cgroup.id":4026531835,
        "network.io.direction":"receive","network.transport":"udp","network.type":"ipv6","network.local.address":"2001:db8::1",
        "network.local.port":4433,"network.peer.address":"::1","network.peer.port":5,"sluice.socket.fd":9,"sluice.address.source":"nested_io",
        "tls.protocol.name":"dtls","tls.protocol.version":"1.2","sluice.tls.library":"libressl","sluice.connection.id":"ffffffffffffffff",
        "sluice.sequence":18446744073709551615,"sluice.payload.size":1048576,"sluice.payload.offset":16384,"sluice.payload.truncated":true,
        "sluice.payload.truncated_by":"read_fault","sluice.payload.early_data":true,"sluice.gap":true,"sluice.lost_before":3,"body_base64":"AP+A"}
        """),
        Encode(EveryField().Build()));

    [Fact]
    public void TryEncode_ClosedConnection_IsGolden() => Assert.Equal(
        OneLine("""
        {"time_unix_nano":1795330001000000789,"event_name":"network.connection","log.record.uid":"1122334455667788000310000000002a","host.name":"web-1",
        "process.pid":4711,"thread.id":4713,"process.executable.name":"curl","process.user.id":33,
        "network.transport":"udp","network.type":"ipv6","network.local.address":"2001:db8::1","network.local.port":51514,
        "network.peer.address":"2001:db8::2","network.peer.port":53,"sluice.connection.id":"000000000000abcd","sluice.sequence":1,
        "sluice.gap":true,"sluice.lost_before":1,"sluice.connection.event":"close","sluice.connection.direction":"outbound",
        "sluice.duration_ns":1234567,"sluice.bytes.sent":812,"sluice.bytes.received":65536,"sluice.packets.sent":3,"sluice.packets.received":4}
        """),
        Encode(new ConnectionSample
        {
            Flags = SampleFlags.Gap,
            LostBefore = 1,
            Transport = 17,
            PacketsSent = 3,
            PacketsReceived = 4,
            Local = "[2001:db8::1]:51514",
            Peer = "[2001:db8::2]:53",
        }.Build()));

    [Fact]
    public void TryEncode_FailedConnectionOfAnUnknownProcess_IsGolden() => Assert.Equal(
        OneLine("""
        {"time_unix_nano":1795330001000000789,"event_name":"network.connection","log.record.uid":"1122334455667788000310000000002a","host.name":"web-1",
        "network.transport":"tcp","network.type":"ipv4","network.local.address":"10.0.0.5","network.local.port":51514,
        "network.peer.address":"10.0.0.9","network.peer.port":443,"sluice.connection.id":"000000000000abcd","sluice.sequence":0,
        "sluice.connection.event":"fail","sluice.connection.direction":"outbound","error.type":"ECONNREFUSED","sluice.duration_ns":1234567}
        """),
        Encode(new ConnectionSample { Flags = SampleFlags.ProcessUnknown, Action = ConnectionAction.Fail, Error = 111, Sequence = 0 }.Build()));

    private static TlsSample EveryField()
    {
        TlsSample sample = new TlsSample
        {
            Flags = SampleFlags.Truncated | SampleFlags.ReadFault | SampleFlags.Gap | SampleFlags.EarlyData,
            CgroupId = 4026531835,
            Comm = [(byte)'a', (byte)'"', (byte)'b', 0xc3],
            ConnectionId = ulong.MaxValue,
            Sequence = ulong.MaxValue,
            CallSize = 1 << 20,
            CallOffset = 16384,
            LostBefore = 3,
            Fd = 9,
            TlsVersion = 0xfefd,
            Direction = TrafficDirection.Receive,
            Library = TlsLibrary.LibreSsl,
            AddressSource = AddressSource.NestedIo,
            Payload = [0, 0xff, 0x80],
        }.WithTcp("[2001:db8::1]:4433", "[::1]:5");
        sample.Transport = 17;
        return sample;
    }

    [Fact]
    public void TryEncode_NothingKnown_LeavesFieldsOut()
    {
        byte[] sample = new TlsSample { Direction = 0, Library = 0, TlsVersion = 0, Comm = [] }.Build();

        Assert.Equal(
            OneLine("""
            {"time_unix_nano":1795330001000000789,"event_name":"tls.data","log.record.uid":"1122334455667788000300000000002a","host.name":"web-1",
            "process.pid":4711,"thread.id":4713,"process.executable.name":"","process.user.id":33,"sluice.connection.id":"0000000000001234",
            "sluice.sequence":17,"sluice.payload.size":0,"sluice.payload.offset":0}
            """),
            Encode(sample));
    }

    [Fact]
    public void TryEncode_UnixSocket_HasTransportAndNoAddresses()
    {
        using JsonDocument json = JsonDocument.Parse(Encode(new TlsSample { Family = 1 }.Build()));

        Assert.Equal("unix", json.RootElement.GetProperty("network.transport").GetString());
        Assert.False(json.RootElement.TryGetProperty("network.type", out _));
    }

    [Fact]
    public void TryEncode_CaptureLoss_IsGolden() => Assert.Equal(
        OneLine("""
        {"time_unix_nano":1795330001000000789,"event_name":"capture.loss","log.record.uid":"1122334455667788000300000000002a","host.name":"web-1",
        "sluice.loss.cause":"ring_full","sluice.loss.count":7,"sluice.loss.total":1000}
        """),
        Encode(LossSample.Build("ring_full", 7, 1000)));

    [Fact]
    public void TryEncode_HostNameWithQuotes_IsEscaped()
    {
        string line = Encode(new TlsSample().Build(), "we\"b\n-ü");

        using JsonDocument json = JsonDocument.Parse(line);
        Assert.Equal("we\"b\n-ü", json.RootElement.GetProperty("host.name").GetString());
    }

    [Fact]
    public void TryEncode_MalformedSample_LeavesTheOutputAlone()
    {
        byte[] sample = new TlsSample { Payload = [1, 2, 3] }.Build();
        var output = new OutputBuffer(16);
        output.Write("kept"u8);

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.False(s_encoder.TryEncode(sample.AsSpan(0, length), ExpectedEvent.Stamp, output));
        }

        Assert.Equal("kept"u8, output.WrittenSpan);
    }

    [Fact]
    public void TryEncode_RandomEvents_ParseBackToTheSameFieldsAndBytes()
    {
        var random = new Random(42);
        for (int round = 0; round < 1_000; round++)
        {
            TlsSample sample = RandomSample.Next(random);
            string line = Encode(sample.Build());

            Assert.DoesNotContain('\n', line);
            (string fields, byte[] body) = Parse(line);
            Assert.Equal(ExpectedEvent.Of(sample, "web-1"), fields);
            Assert.True(sample.Payload.AsSpan().SequenceEqual(body));
        }
    }

    private static (string Fields, byte[] Body) Parse(string line)
    {
        var fields = new StringBuilder();
        byte[] body = [];
        using JsonDocument json = JsonDocument.Parse(line);
        foreach (JsonProperty property in json.RootElement.EnumerateObject())
        {
            switch (property.Name)
            {
                case "body":
                    body = System.Text.Encoding.UTF8.GetBytes(property.Value.GetString()!);
                    break;
                case "body_base64":
                    body = property.Value.GetBytesFromBase64();
                    Assert.False(Utf8.IsValid(body), "Valid UTF-8 belongs in body.");
                    break;
                default:
                    fields.Append(CultureInfo.InvariantCulture, $"{property.Name}={ExpectedEvent.Text(property.Value)}\0");
                    break;
            }
        }

        return (fields.ToString(), body);
    }

    [Fact]
    public void TryEncode_LongestPayloads_FitTheirBuffers()
    {
        foreach (byte value in (byte[])[0x01, (byte)'"', 0xff, (byte)'a'])
        {
            byte[] sample = new TlsSample { Payload = [.. Enumerable.Repeat(value, 16384)] }.Build();

            Assert.Equal(16384, Parse(Encode(sample)).Body.Length);
        }
    }
}
