// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Sluice.Integration.Tests.Support;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>From the TLS call to an Apache Kafka, read back by kcat and python.</summary>
public sealed class KafkaTests
{
    [Fact]
    public async Task Capture_BrokerGoneForTwentySeconds_LosesNothingAndKeepsTheOrder()
    {
        Requires.Bpf();
        string kcat = Requires.Program("kcat");
        using RealBroker broker = await RealBroker.StartNewAsync();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "15000", "--delay-us", "2000", "--wait-file", go);
        using Capture capture = Capture.Start(
            workspace, "--sink", $"kafka://{broker.Address}/tls?encoding=json&name=kafka", "--sink", "null:?name=all", "--drain-timeout", "60s", "--pid", $"{load.Pid}");

        // Only this process: what others on a busy host send meanwhile would fill the rings, and be lost rightly.
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        await broker.StopAsync();
        await Task.Delay(20_000, TestContext.Current.CancellationToken);
        await broker.StartAsync();
        TlsLoadResult result = load.Finish();
        Ledger ledger = capture.Stop();

        Assert.Equal(0, ledger.KernelLost);
        Assert.Equal(ledger.Read, ledger.Sink("kafka", "delivered"));
        AssertTopicHolds(kcat, broker.Address, ledger, result.Pid, workspace);
    }

    [Fact]
    public async Task Capture_MessagePackToKafka_IsReadByPythonExactlyAsDelivered()
    {
        Requires.Bpf();
        string kcat = Requires.Program("kcat");
        using RealBroker broker = await RealBroker.StartNewAsync();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "500", "--wait-file", go);
        using Capture capture = Capture.Start(
            workspace, "--sink", $"kafka://{broker.Address}/tls?encoding=msgpack&compression=lz4&name=kafka", "--pid", $"{load.Pid}");

        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        load.Finish();
        Ledger ledger = capture.Stop();

        string script = workspace.PathOf("read.py");
        await File.WriteAllTextAsync(script, """
            import sys, struct, msgpack
            data = sys.stdin.buffer.read()
            position = records = payload = 0
            while position < len(data):
                length, = struct.unpack_from('>I', data, position)
                event = msgpack.unpackb(data[position + 4:position + 4 + length])
                position += 4 + length
                records += 1
                payload += len(event['body'])
                assert event['event_name'] == 'tls.data' and event['sluice.tls.library'] == 'openssl', event
            print(records, payload)
            """, TestContext.Current.CancellationToken);
        string read = Command.Run("sh", "-c", $"{kcat} -C -q -b {broker.Address} -t tls -o beginning -e -f '%R%s' | /usr/bin/python3 {script}");
        Assert.Equal($"{ledger.Sink("kafka", "delivered")} {500 * 4 * 256}", read.Trim());
        Assert.Equal(2000, ledger.Sink("kafka", "delivered"));
    }

    [Fact]
    public async Task Capture_SinkThatItselfSpeaksTls_NeverCapturesItself()
    {
        Requires.Bpf();
        using RealBroker broker = await RealBroker.StartNewAsync("--sasl");
        using var workspace = new Workspace();
        string login = $"config.security.protocol=SASL_SSL&config.sasl.mechanism=PLAIN&config.sasl.username=sluice&config.sasl.password=secret&config.ssl.ca.location={broker.AuthorityFile}";
        string events = workspace.PathOf("events.jsonl");
        using Capture capture = Capture.Start(
            workspace, "--sink", $"kafka://{broker.SecureAddress}/tls?name=kafka&{login}", "--sink", $"jsonl:{events}?name=file");

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "50");
        Ledger ledger = capture.Stop();

        // The collector's client writes every one of these events with the SSL_write of a library that is tapped.
        IReadOnlyList<CapturedEvent> captured = CapturedEvent.Read(events);
        Assert.Equal(200, captured.Count(e => e.Pid == load.Pid));
        Assert.DoesNotContain(captured, e => e.Pid == capture.Pid);
        Assert.Equal(ledger.Read, ledger.Sink("kafka", "delivered"));
    }

    private static void AssertTopicHolds(string kcat, string address, Ledger ledger, int pid, Workspace workspace)
    {
        string file = workspace.PathOf("topic");
        Command.Run("sh", "-c", $"{kcat} -C -q -b {address} -t tls -o beginning -e -f '%k\\t%s\\n' > {file}");
        var uids = new HashSet<string>();
        var next = new Dictionary<(string Key, string Direction), long>();
        foreach (string[] record in File.ReadLines(file).Select(line => line.Split('\t', 2)))
        {
            using JsonDocument value = JsonDocument.Parse(record[1]);
            JsonElement e = value.RootElement;
            Assert.True(uids.Add(e.GetProperty("log.record.uid").GetString()!), "A record came twice.");
            if (e.GetProperty("event_name").GetString() != "tls.data" || e.GetProperty("process.pid").GetInt32() != pid)
            {
                continue;
            }

            (string, string) stream = (record[0], e.GetProperty("network.io.direction").GetString()!);
            long expected = next.GetValueOrDefault(stream);
            Assert.Equal(expected, e.GetProperty("sluice.sequence").GetInt64());
            next[stream] = expected + 1;
        }

        Assert.Equal(ledger.Sink("kafka", "delivered"), uids.Count);
        Assert.Equal(4, next.Count);
        Assert.All(next.Values, count => Assert.Equal(15_000, count));
    }
}
