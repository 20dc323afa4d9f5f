// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading.Tasks;
using Confluent.Kafka;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>What other programs read.</summary>
public sealed class KafkaSinkEncodingTests
{
    /// <summary>Debian's own Python: python3-msgpack is installed there and not in whatever else is called python3.</summary>
    private const string Python = "/usr/bin/python3";

    [Fact]
    public async Task Sink_Json_ValueIsTheEventAndKeyNamesItsConnection()
    {
        ConsumeResult<byte[], byte[]> record = await SendAsync("json", [.. "GET / HTTP/1.1\r\n"u8]);

        using JsonDocument json = JsonDocument.Parse(record.Message.Value);
        Assert.Equal("application/json", TopicReader.Header(record, "content-type"));
        Assert.Equal(TopicReader.Header(record, "event_name"), json.RootElement.GetProperty("event_name").GetString());
        Assert.Equal("GET / HTTP/1.1\r\n", json.RootElement.GetProperty("body").GetString());
        string connection = json.RootElement.GetProperty("sluice.connection.id").GetString()!;
        Assert.Equal($"web-1/{connection}", Encoding.UTF8.GetString(record.Message.Key));
    }

    [Fact]
    public async Task Sink_MessagePack_IsReadBackByPython()
    {
        SkipWithoutPythonMessagePack();
        byte[] payload = [0, 1, 2, 254, 255];
        ConsumeResult<byte[], byte[]> record = await SendAsync("msgpack", payload);

        string[] read = RunPython(
            "import msgpack,sys;e=msgpack.unpackb(sys.stdin.buffer.read());print(e['event_name'],e['body'].hex(),e['process.pid'],len(e))",
            record.Message.Value).Split(' ');

        Assert.Equal(("tls.data", "000102feff", "4711"), (read[0], read[1], read[2]));
        Assert.True(int.Parse(read[3], System.Globalization.CultureInfo.InvariantCulture) > 10, "The event has hardly any fields.");
    }

    private static async Task<ConsumeResult<byte[], byte[]>> SendAsync(string encoding, byte[] payload)
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?encoding={encoding}&headers=true");
        await driver.WriteAsync(new TlsSample { Payload = payload }.Build());
        await driver.FlushAsync();
        return Assert.Single(TopicReader.ReadAll(cluster.Address, "tls"));
    }

    private static void SkipWithoutPythonMessagePack()
    {
        Assert.SkipUnless(File.Exists(Python), $"{Python} is missing (apt-get install python3 python3-msgpack).");
        Assert.SkipUnless(
            RunPython("import importlib.util;print(importlib.util.find_spec('msgpack') is not None)", []) == "True",
            "python3-msgpack is missing (apt-get install python3-msgpack).");
    }

    private static string RunPython(string program, byte[] input)
    {
        using Process python = Process.Start(new ProcessStartInfo(Python, ["-c", program])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        python.StandardInput.BaseStream.Write(input);
        python.StandardInput.Close();
        string output = python.StandardOutput.ReadToEnd().Trim();
        python.WaitForExit();
        Assert.Equal(0, python.ExitCode);
        return output;
    }
}
