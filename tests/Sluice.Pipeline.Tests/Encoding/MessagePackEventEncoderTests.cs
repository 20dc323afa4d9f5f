// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class MessagePackEventEncoderTests
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Reads concatenated maps from stdin and writes each as one JSON array of [name, value] pairs, the payload in hexadecimal.</summary>
    private const string Reader =
        "import sys, json, msgpack\n"
        + "for event in msgpack.Unpacker(sys.stdin.buffer, raw=False, strict_map_key=True, object_pairs_hook=list):\n"
        + "    print(json.dumps([[k, v.hex() if isinstance(v, bytes) else v] for k, v in event]))\n";

    private static readonly MessagePackEventEncoder s_encoder = new();

    private static byte[] Encode(byte[] sample)
    {
        var output = new OutputBuffer(16);
        Assert.True(s_encoder.TryEncode(sample, ExpectedEvent.Stamp, output));
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void TryEncode_CaptureLoss_IsGolden()
    {
        byte[] expected =
        [
            0xde, 0, 7,
            0xae, .. "time_unix_nano"u8, 0xcf, 0x18, 0xea, 0x4b, 0x1f, 0xb4, 0x34, 0xed, 0x15,
            0xaa, .. "event_name"u8, 0xac, .. "capture.loss"u8,
            0xae, .. "log.record.uid"u8, 0xd9, 32, .. "1122334455667788000300000000002a"u8,
            0xa9, .. "host.name"u8, 0xa5, .. "web-1"u8,
            0xb1, .. "sluice.loss.cause"u8, 0xa9, .. "ring_full"u8,
            0xb1, .. "sluice.loss.count"u8, 0x07,
            0xb1, .. "sluice.loss.total"u8, 0xcd, 0x03, 0xe8,
        ];

        Assert.Equal(expected, Encode(LossSample.Build("ring_full", 7, 1000)));
    }

    [Theory]
    [InlineData(0, new byte[0])]
    [InlineData(1, new byte[] { 0xc4, 1 })]
    [InlineData(255, new byte[] { 0xc4, 255 })]
    [InlineData(256, new byte[] { 0xc5, 1, 0 })]
    [InlineData(65535, new byte[] { 0xc5, 255, 255 })]
    [InlineData(65536, new byte[] { 0xc6, 0, 1, 0, 0 })]
    public void TryEncode_PayloadOfEachSizeClass_IsBinUnderBody(int length, byte[] head)
    {
        byte[] payload = [.. Enumerable.Repeat((byte)0x55, length)];

        byte[] encoded = Encode(new TlsSample { Payload = payload }.Build());

        byte[] tail = length == 0 ? [.. "sluice.payload.offset"u8, 0] : [0xa4, .. "body"u8, .. head, .. payload];
        Assert.Equal(tail, encoded[^tail.Length..]);
    }

    [Fact]
    public void TryEncode_MalformedSample_LeavesTheOutputAlone()
    {
        byte[] sample = new TlsSample { Payload = [1, 2, 3] }.Build();
        var output = new OutputBuffer(16);

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.False(s_encoder.TryEncode(sample.AsSpan(0, length), ExpectedEvent.Stamp, output));
        }

        Assert.Equal(0, output.Length);
    }

    [Fact]
    public void TryEncode_RandomEvents_ReadBackByPythonAreTheSame()
    {
        var random = new Random(43);
        TlsSample[] samples = [.. Enumerable.Range(0, 1_000).Select(_ => RandomSample.Next(random))];

        string[] lines = ReadWithPython([.. samples.SelectMany(sample => Encode(sample.Build()))]);

        Assert.Equal(samples.Length, lines.Length);
        for (int i = 0; i < samples.Length; i++)
        {
            (string fields, byte[] body) = Parse(lines[i]);
            Assert.Equal(ExpectedEvent.Of(samples[i], "web-1"), fields);
            Assert.True(samples[i].Payload.AsSpan().SequenceEqual(body));
        }
    }

    private static (string Fields, byte[] Body) Parse(string line)
    {
        var fields = new StringBuilder();
        byte[] body = [];
        using JsonDocument json = JsonDocument.Parse(line);
        foreach (JsonElement pair in json.RootElement.EnumerateArray())
        {
            string name = pair[0].GetString()!;
            if (name == "body")
            {
                body = Convert.FromHexString(pair[1].GetString()!);
            }
            else
            {
                fields.Append(CultureInfo.InvariantCulture, $"{name}={ExpectedEvent.Text(pair[1])}\0");
            }
        }

        return (fields.ToString(), body);
    }

    private static string[] ReadWithPython(byte[] maps)
    {
        if (!File.Exists(Python))
        {
            Assert.Skip($"{Python} is missing; install python3 and python3-msgpack.");
        }

        string input = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(input, maps);
            (int exitCode, string output, string error) = Run(input);
            if (error.Contains("No module named 'msgpack'", StringComparison.Ordinal))
            {
                Assert.Skip("python3 has no msgpack module; install python3-msgpack.");
            }

            Assert.True(exitCode == 0, error);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            File.Delete(input);
        }
    }

    private static (int ExitCode, string Output, string Error) Run(string input)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$1\" -c \"$2\" < \"$3\"");
        foreach (string argument in (string[])["sh", Python, Reader, input])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
