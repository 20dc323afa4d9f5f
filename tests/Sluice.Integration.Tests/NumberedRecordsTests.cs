// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>Every call once, in order, whole and unmixed.</summary>
public sealed class NumberedRecordsTests
{
    private const int RecordBytes = 256;

    [Theory]
    [InlineData("ringbuf", "", 100_000)]
    [InlineData("perf", "", 100_000)]
    [InlineData("ringbuf", "modern-programs", 20_000)]
    [InlineData("perf", "modern-programs", 20_000)]
    public void Capture_OneProcessOfManyRecords_HoldsEachOnceInOrder(string transport, string without, int records)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace, "--transport", transport, "--mapsize", "4096");

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", $"{records}", "--size", $"{RecordBytes}");
        Ledger ledger = capture.Stop();

        AssertBothSides(capture.Events, load.Pid, 'a', records);
        Assert.Equal(0, ledger.KernelLost);
        Assert.Equal(0, ledger.SinkDropped(capture.SinkName));
    }

    [Theory]
    [InlineData("ringbuf", "")]
    [InlineData("perf", "")]
    [InlineData("ringbuf", "modern-programs")]
    [InlineData("perf", "modern-programs")]
    public void Capture_SixteenProcessesAtOnce_MixesNoPayloads(string transport, string without)
    {
        Requires.Bpf();
        const int Records = 2_000;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace, "--transport", transport, "--mapsize", "4096");

        TlsLoad[] loads = [.. Enumerable.Range(0, 16).Select(i => TlsLoad.Start(
            workspace, "exchange", "--records", $"{Records}", "--size", $"{RecordBytes}", "--pattern", ((char)('A' + i)).ToString()))];
        TlsLoadResult[] results = [.. loads.Select(load => load.Finish())];
        Ledger ledger = capture.Stop();

        IReadOnlyList<CapturedEvent> events = capture.Events;
        for (int i = 0; i < results.Length; i++)
        {
            AssertBothSides(events, results[i].Pid, (char)('A' + i), Records);
        }

        Assert.Equal(0, ledger.KernelLost);
    }

    [Fact]
    public void Capture_ExCallsWithPeeks_ReportsEachRecordOnce()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "500", "--size", $"{RecordBytes}", "--api", "ex", "--peek", "1");
        capture.Stop();

        AssertBothSides(capture.Events, load.Pid, 'a', 500);
    }

    [Fact]
    public void Capture_EarlyData_IsReportedOnceAndMarked()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "early", "--size", "500");
        capture.Stop();

        CapturedEvent[] early = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Has("sluice.payload.early_data"))];
        string expected = TlsLoad.Record(500, 'c', 'a', 0);
        Assert.Equal(expected, string.Concat(early.Where(e => e.Direction == "transmit").Select(e => e.Text)));
        Assert.Equal(expected, string.Concat(early.Where(e => e.Direction == "receive").Select(e => e.Text)));
        Assert.Equal(2, capture.Events.Count(e => e.Pid == load.Pid && e.Direction == "transmit" && e.Text == "after"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("modern-programs")]
    public void Capture_TenThousandThreadsInsideARead_LosesNothing(string without)
    {
        Requires.Bpf();
        const int Threads = 10_500;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "blocked", "--threads", $"{Threads}");
        Ledger ledger = capture.Stop();

        Assert.Equal(Threads, load.Waiting);
        HashSet<string> received = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Direction == "receive").Select(e => e.Text)];
        for (int i = 0; i < Threads; i++)
        {
            Assert.Contains(TlsLoad.Record(100, 's', 'a', i), received);
        }

        Assert.Equal(0, ledger.KernelLost);
    }

    [Theory]
    [InlineData("ringbuf", "")]
    [InlineData("ringbuf", "modern-programs")]
    [InlineData("perf", "modern-programs")]
    public void Capture_MebibyteWriteAndASmallOne_ComeBackByteForByte(string transport, string without)
    {
        Requires.Bpf();
        const int Size = 1 << 20;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace, "--transport", transport, "--mapsize", "4096");

        TlsLoadResult load = TlsLoad.Run(workspace, "bulk", "--size", $"{Size}");
        capture.Stop();

        byte[] expected = new byte[Size];
        for (int i = 0; i < Size; i++)
        {
            expected[i] = (byte)((uint)(i & ~3) >> (8 * (i & 3)));
        }

        CapturedEvent[] sent = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Direction == "transmit" && e.Number("sluice.payload.size") == Size)];
        Assert.Equal(Size / 16384, sent.Length);
        Assert.Equal(Enumerable.Range(0, sent.Length).Select(i => (long)i * 16384), sent.Select(e => e.Number("sluice.payload.offset")));
        Assert.Equal(expected, sent.SelectMany(e => e.Body).ToArray());
        CapturedEvent small = Assert.Single(capture.Events, e => e.Pid == load.Pid && e.Direction == "transmit" && e.Number("sluice.payload.size") == 100);
        Assert.Equal(expected[..100], small.Body);
    }

    [Theory]
    [InlineData("")]
    [InlineData("modern-programs")]
    public void Capture_PayloadLimit_CutsAndSaysSo(string without)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace, "--payload-limit", "20000");

        TlsLoadResult load = TlsLoad.Run(workspace, "bulk", "--size", "100000");
        Ledger ledger = capture.Stop();

        CapturedEvent[] sent = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Direction == "transmit" && e.Number("sluice.payload.size") == 100000)];
        Assert.Equal(20000, sent.Sum(e => e.Body.Length));
        Assert.All(sent, e => Assert.True(e.Has("sluice.payload.truncated")));
        Assert.Equal(0, ledger.KernelLost);
    }

    private static void AssertBothSides(IReadOnlyList<CapturedEvent> events, int pid, char pattern, int records)
    {
        ILookup<string, CapturedEvent> byConnection = events.Where(e => e.Pid == pid).ToLookup(e => e.Connection);
        Assert.Equal(2, byConnection.Count);
        IGrouping<string, CapturedEvent> client = byConnection.Single(c => c.First(e => e.Direction == "transmit").Text.StartsWith('c'));
        IGrouping<string, CapturedEvent> server = byConnection.Single(c => c.Key != client.Key);
        TlsLoad.AssertStream(client.Where(e => e.Direction == "transmit"), RecordBytes, 'c', pattern, records);
        TlsLoad.AssertStream(client.Where(e => e.Direction == "receive"), RecordBytes, 's', pattern, records);
        TlsLoad.AssertStream(server.Where(e => e.Direction == "transmit"), RecordBytes, 's', pattern, records);
        TlsLoad.AssertStream(server.Where(e => e.Direction == "receive"), RecordBytes, 'c', pattern, records);
        Assert.Equal(events.Count, events.Select(e => e.Uid).Distinct(StringComparer.Ordinal).Count());
    }
}
