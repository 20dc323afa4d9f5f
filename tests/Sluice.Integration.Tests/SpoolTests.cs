// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>From the TLS call to the disk and, in a later run, to the sink.</summary>
public sealed class SpoolTests
{
    private const int Records = 20_000;

    [Fact]
    public void Capture_KilledWithSigkillUnderLoad_WhatWasInTheSpoolArrivesAfterTheRestart()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", $"{Records}", "--delay-us", "200", "--wait-file", go);
        string pipe = workspace.PathOf("pipe");
        Command.Run("mkfifo", pipe);
        using FileStream reader = OpenAndReadNothing(pipe);
        string spool = $"name=out&overflow=spool&queue-bytes=256KiB&spool-dir={workspace.PathOf("spool")}";
        long acknowledged = 0;
        using (Capture capture = Capture.Start(workspace, "--sink", $"jsonl:{pipe}?{spool}", "--pid", $"{load.Pid}"))
        {
            File.WriteAllText(go, "");
            Command.WaitUntil(() => (acknowledged = capture.CurrentLedger().Sink("out", "spooled")) > 5_000, "Events in the spool", 60_000);
            acknowledged = capture.CurrentLedger().Sink("out", "spooled");
            capture.Process.Signal("KILL");
            capture.Process.Wait(20_000);
        }

        string events = workspace.PathOf("after.jsonl");
        Ledger ledger = DeliverTheRest(workspace, $"jsonl:{events}?{spool}");
        load.Finish();

        Assert.InRange(ledger.Sink("out", "recovered"), acknowledged, long.MaxValue);
        Assert.Equal(ledger.Sink("out", "recovered") + ledger.Read, ledger.Sink("out", "delivered"));
        AssertHolds(events, load.Pid, ledger.Sink("out", "recovered"));
    }

    [Fact]
    public void Capture_StoppedWhileTheReaderHangs_LosesNothing()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "3000", "--wait-file", go);
        string pipe = workspace.PathOf("pipe");
        Command.Run("mkfifo", pipe);
        using FileStream reader = OpenAndReadNothing(pipe);
        string spool = $"name=out&overflow=spool&spool-dir={workspace.PathOf("spool")}";
        using Capture capture = Capture.Start(workspace, "--sink", $"jsonl:{pipe}?{spool}", "--pid", $"{load.Pid}", "--drain-timeout", "5s");
        File.WriteAllText(go, "");
        load.Finish();
        Ledger first = capture.Stop();
        Assert.Equal(0, first.SinkDropped("out"));
        Assert.Equal(first.Read, first.Sink("out", "delivered") + first.Sink("out", "spooled"));
        Assert.NotEqual(0, first.Sink("out", "spooled"));

        string events = workspace.PathOf("after.jsonl");
        Ledger second = DeliverTheRest(workspace, $"jsonl:{events}?{spool}");
        Assert.Equal(first.Sink("out", "spooled") + second.Sink("out", "duplicates"), second.Sink("out", "recovered"));
        AssertHolds(events, load.Pid, second.Sink("out", "recovered"));
    }

    /// <summary>A capture that has nothing to capture: this process does not speak TLS.</summary>
    private static Ledger DeliverTheRest(Workspace workspace, string sink)
    {
        using Capture capture = Capture.Start(workspace, "--sink", sink, "--pid", $"{Environment.ProcessId}");
        Command.WaitUntil(
            () => capture.CurrentLedger() is { } now && now.Sink("out", "recovered") > 0 && now.Sink("out", "spooled") + now.Sink("out", "pending") == 0,
            "The spool's delivery", 60_000);
        return capture.Stop();
    }

    /// <summary>A reader that is there, so that the sink starts, and takes nothing, so that the pipe is full after 64 KiB.</summary>
    private static FileStream OpenAndReadNothing(string pipe) => new(pipe, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>As many events of the load as were recovered, in order and without a gap in each connection and direction.</summary>
    private static void AssertHolds(string path, int pid, long recovered)
    {
        CapturedEvent[] ofLoad = [.. CapturedEvent.Read(path, "tls.data").Where(e => e.Pid == pid)];
        Assert.Equal(recovered, ofLoad.Length);
        foreach (IGrouping<(string, string), CapturedEvent> stream in ofLoad.GroupBy(static e => (e.Connection, e.Direction)))
        {
            List<long> sequences = [.. stream.Select(static e => e.Sequence)];
            Assert.Equal(Enumerable.Range(0, sequences.Count).Select(i => sequences[0] + i), sequences);
        }
    }
}
