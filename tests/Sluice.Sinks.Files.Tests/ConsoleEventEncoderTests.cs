// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class ConsoleEventEncoderTests
{
    // 2026-11-22T18:40:00Z with the everyday sample's ktime added: 18:40:01.000000789.
    private static readonly BatchStamp s_stamp = new(EventOrigin.Unknown, 1_795_372_800_000_000_000);

    private static string Encode(byte[] sample, bool hex = false, bool color = false)
    {
        var output = new OutputBuffer(16);
        Assert.True(new ConsoleEventEncoder(hex, color).TryEncode(sample, s_stamp, output));
        return System.Text.Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Body(string payload) => Body(System.Text.Encoding.UTF8.GetBytes(payload));

    private static string Body(byte[] payload)
    {
        string text = Encode(new TlsSample { Payload = payload }.Build());
        return text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }

    [Fact]
    public void TryEncode_SentText_IsGolden() => Assert.Equal(
        "18:40:01.000000Z nginx[4711/4713] 10.0.0.5:443 → 10.0.0.9:51514 TLS 1.3 openssl 27 B\n"
        + "  HTTP/1.1 200 OK\n"
        + "  A: b\n"
        + "  \n"
        + "  é",
        Encode(new TlsSample { Payload = [.. "HTTP/1.1 200 OK\r\nA: b\r\n\r\né"u8] }.WithTcp("10.0.0.5:443", "10.0.0.9:51514").Build()));

    [Theory]
    [InlineData(ConnectionAction.Open, 0, SampleFlags.None, "curl[4711/4713] 10.0.0.5:51514 → 10.0.0.9:443 tcp open")]
    [InlineData(ConnectionAction.Fail, 111, SampleFlags.None, "curl[4711/4713] 10.0.0.5:51514 → 10.0.0.9:443 tcp fail ECONNREFUSED after 1234 µs")]
    [InlineData(ConnectionAction.Close, 0, SampleFlags.None, "curl[4711/4713] 10.0.0.5:51514 → 10.0.0.9:443 tcp close after 1234 µs, sent 812 B, received 65536 B")]
    [InlineData(
        ConnectionAction.Close,
        0,
        SampleFlags.ProcessUnknown | SampleFlags.StartUnknown | SampleFlags.Gap,
        "? 10.0.0.5:51514 → 10.0.0.9:443 tcp close, sent 812 B, received 65536 B [2 lost before this]")]
    public void TryEncode_Connection_IsGolden(ConnectionAction action, ushort error, SampleFlags flags, string expected) => Assert.Equal(
        "18:40:01.000000Z " + expected,
        Encode(new ConnectionSample { Action = action, Error = error, Flags = flags, LostBefore = 2 }.Build()));

    [Fact]
    public void TryEncode_ReceivedPieceOverIPv6_IsGolden()
    {
        TlsSample sample = new TlsSample
        {
            Flags = SampleFlags.Truncated | SampleFlags.Gap | SampleFlags.EarlyData,
            LostBefore = 2,
            CallSize = 1 << 20,
            CallOffset = 16384,
            Direction = TrafficDirection.Receive,
            TlsVersion = 0xfefd,
            Library = TlsLibrary.BoringSsl,
            Payload = [.. "x"u8],
        };

        Assert.Equal(
            "18:40:01.000000Z nginx[4711/4713] [2001:db8::1]:443 ← [::1]:5 DTLS 1.2 boringssl bytes 16384+1 of 1048576 B"
            + " [early data] [truncated by the limit] [2 lost before this]\n  x",
            Encode(sample.WithTcp("[2001:db8::1]:443", "[::1]:5").Build()));
    }

    [Theory]
    [InlineData(0, "? → ?")]
    [InlineData(1, "unix → unix")]
    public void TryEncode_NoAddress_ShowsNone(byte family, string expected) =>
        Assert.Equal($"18:40:01.000000Z nginx[4711/4713] {expected} TLS 1.3 openssl 0 B", Encode(new TlsSample { Family = family }.Build()));

    [Fact]
    public void TryEncode_CaptureLoss_IsGolden() => Assert.Equal(
        "18:40:01.000000Z capture.loss: 7 samples lost (ring_full), 1000 since the start",
        Encode(LossSample.Build("ring_full", 7, 1000)));

    [Fact]
    public void TryEncode_Color_ColorsTheHeadOnly()
    {
        string text = Encode(new TlsSample { Payload = [.. "body"u8] }.Build(), color: true);

        Assert.StartsWith("\e[2m18:40:01.000000Z\e[0m \e[1mnginx\e[0m[4711/4713] ?\e[32m → \e[0m? TLS", text, StringComparison.Ordinal);
        Assert.EndsWith("\n  body", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TryEncode_Hex_DumpsRowsWithOffsetsOfTheCall()
    {
        string text = Encode(new TlsSample { CallOffset = 16384, CallSize = 20000, Payload = [.. "0123456789abcdef\n\0"u8] }.Build(), hex: true);

        Assert.EndsWith(
            "\n  00004000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|"
            + "\n  00004010  0a 00                                             |..|",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void TryEncode_Binary_ShowsAPreview()
    {
        byte[] payload = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];

        Assert.Equal(
            "  00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|\n"
            + "  00000010  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f  |................|\n"
            + "  … binary, 224 more bytes (--hex shows all)",
            Body(payload));
    }

    [Theory]
    [InlineData("safe text \e]0;title\a and more", @"safe text \x1b]0;title\x07 and more")]
    [InlineData("a carriage\rreturn overwrites", @"a carriage\rreturn overwrites")]
    [InlineData("one\r\ntwo\tthree\n", "one\n  two\tthree")]
    [InlineData("eight-bit \u009b31m CSI", @"eight-bit \x9b31m CSI")]
    [InlineData("delete\u007f it", @"delete\x7f it")]
    [InlineData("reversed \u202e txet", @"reversed \u202e txet")]
    [InlineData("grüße 😀 日本", "grüße 😀 日本")]
    public void TryEncode_TextWithControls_ShowsThemEscaped(string payload, string shown) => Assert.Equal("  " + shown, Body(payload));

    [Fact]
    public void TryEncode_TextCutInsideACharacter_IsStillText() =>
        Assert.Equal(@"  \xaca long enough text that ends in half a euro: \xe2\x82", Body([0xac, .. "a long enough text that ends in half a euro: "u8, 0xe2, 0x82]));

    [Fact]
    public void TryEncode_HostileNamesAndPayloads_NeverReachTheTerminalRaw()
    {
        var random = new Random(5);
        for (int round = 0; round < 3_000; round++)
        {
            byte[] payload = new byte[random.Next(1, 80)];
            byte[] comm = new byte[16];
            random.NextBytes(comm);
            for (int i = 0; i < payload.Length; i++)
            {
                // Mostly text, so that it is shown as text.
                payload[i] = random.Next(6) == 0 ? (byte)random.Next(1, 256) : (byte)random.Next(0x20, 0x7f);
            }

            string text = Encode(new TlsSample { Payload = payload, Comm = comm }.Build(), hex: random.Next(8) == 0);

            Assert.DoesNotContain(text, character => char.IsControl(character) && character is not ('\n' or '\t'));
            Assert.DoesNotContain('\ufffd', text);
            Assert.All(text.Split('\n')[1..], line => Assert.StartsWith("  ", line, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void TryEncode_MalformedSample_LeavesTheOutputAlone()
    {
        byte[] sample = new TlsSample { Payload = [1, 2, 3] }.Build();
        var output = new OutputBuffer(16);

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.False(new ConsoleEventEncoder(hex: false, useColor: false).TryEncode(sample.AsSpan(0, length), s_stamp, output));
        }

        Assert.Equal(0, output.Length);
    }

    [Theory]
    [InlineData("-", false, false)]
    [InlineData("console:", true, true)]
    [InlineData("console:?hex=true", false, true)]
    [InlineData("console:?hex=false", true, false)]
    public void Options_HexOption_WinsOverTheCommandLine(string uri, bool commandLine, bool hex) =>
        Assert.Equal(hex, ConsoleSinkOptions.Parse(SinkUri.Parse(uri), commandLine).Hex);

    [Theory]
    [InlineData("console:/dev/tty", "nothing may stand behind the colon")]
    [InlineData("console:?hex=1", "option 'hex' is '1', but must be true or false")]
    [InlineData("console:?colour=red", "unknown option 'colour'; the options of this sink are hex, name, overflow, queue-bytes, spool-dir, spool-full, spool-max-bytes.")]
    public void Options_BadUri_SayWhat(string uri, string message)
    {
        SinkUriException error = Assert.Throws<SinkUriException>(() => ConsoleSinkOptions.Parse(SinkUri.Parse(uri)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
