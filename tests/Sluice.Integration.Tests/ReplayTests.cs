// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>A recording of a real capture, replayed.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void Replay_RecordingOfACapture_IsByteForByteWhatAnotherSinkWrote()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string raw = workspace.PathOf("a.raw"), lines = workspace.PathOf("a.jsonl");
        using (Capture capture = Capture.Start(workspace, "connections", "--sink", $"raw:{raw}?rotate-size=200KiB", "--sink", "jsonl:" + lines))
        {
            int port = Workspace.FreePort();
            using Command server = Command.Start(
                "openssl", "s_server", "-quiet", "-accept", $"127.0.0.1:{port}", "-cert", workspace.Certificate, "-key", workspace.Key, "-www");
            Command.Run("curl", "-sk", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", $"https://127.0.0.1:{port}/");
            Command.Run("/usr/bin/python3", "-c",
                $"import ssl,urllib.request;urllib.request.urlopen('https://127.0.0.1:{port}/',context=ssl._create_unverified_context()).read()");
            TlsLoad.Run(workspace, "exchange", "--records", "500", "--size", "1000");
            TlsLoad.Run(workspace, "bulk", "--size", "100000");
            capture.Stop();
        }

        string[] files = [.. Directory.GetFiles(workspace.Directory, "a-*.raw").Order(StringComparer.Ordinal), raw];
        string expected = File.ReadAllText(lines);
        Assert.True(files.Length > 2);
        Assert.Contains("\"network.connection\"", expected, StringComparison.Ordinal);
        Assert.Contains("\"python3\"", expected, StringComparison.Ordinal);

        string ledgerPath = workspace.PathOf("replay.ledger.json");
        string replayed = Command.Run(Repository.Sluice, ["replay", .. files, "--sink", "jsonl:-", "--ledger", ledgerPath]);
        Ledger ledger = Ledger.Load(ledgerPath);
        ledger.AssertSumsHold();
        Assert.Equal(expected, replayed);
        Assert.Equal(expected.Count(static c => c == '\n'), ledger.Submitted);
    }

    [Fact]
    public void Replay_CaptureWasKilledWhileItWrote_GivesEverythingThatWasWrittenWhole()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string raw = workspace.PathOf("a.raw"), lines = workspace.PathOf("a.jsonl");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "200000", "--size", "500", "--wait-file", workspace.PathOf("go"));
        Command.WaitUntil(() => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5, "The load");
        using (Capture capture = Capture.Start(workspace, "--pid", $"{load.Pid}", "--sink", "raw:" + raw, "--sink", "jsonl:" + lines))
        {
            File.WriteAllText(workspace.PathOf("go"), "");
            Command.WaitUntil(() => new FileInfo(raw).Length > 2_000_000, "Two megabytes");
            capture.Process.Signal("KILL");
            Command.WaitUntil(() => capture.Process.HasExited, "The end of the capture");
        }

        string replayed = Command.Run(Repository.Sluice, "replay", raw, "--sink", "jsonl:-");
        string beside = File.ReadAllText(lines);
        int both = Math.Min(replayed.Length, beside.LastIndexOf('\n') + 1);
        Assert.True(both > 1_000_000);
        Assert.True(replayed.AsSpan(0, both).SequenceEqual(beside.AsSpan(0, both)), "The replay differs from what the sink beside it wrote.");
        Assert.EndsWith("}\n", replayed, StringComparison.Ordinal);
    }
}
