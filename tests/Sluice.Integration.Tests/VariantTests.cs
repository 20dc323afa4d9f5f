// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>The bytecode of other kernels, forced on this one: the same events. (The <c>_core</c> object is what all other tests run.)</summary>
public sealed class VariantTests
{
    /// <summary>The version that chooses the bytecode, the flavour (--btf) and the way its programs send.</summary>
    public static TheoryData<string, string, string> Variants => new()
    {
        { "5.10", "noncore", "ringbuf" },
        { "5.10", "noncore", "perf" },
        { "5.1", "core", "perf" },
        { "5.1", "noncore", "perf" },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public void Capture_ProcessesAtOnce_HoldsEachRecordOnceInOrder(string kernel, string flavour, string transport)
    {
        Requires.Bpf();
        const int Records = 1_000;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn(kernel, workspace, "--btf", flavour, "--transport", transport, "--mapsize", "4096");

        TlsLoad[] loads = [.. Enumerable.Range(0, 8).Select(i => TlsLoad.Start(
            workspace, "exchange", "--records", $"{Records}", "--pattern", ((char)('A' + i)).ToString()))];
        TlsLoadResult[] results = [.. loads.Select(load => load.Finish())];
        Ledger ledger = capture.Stop();

        for (int i = 0; i < results.Length; i++)
        {
            CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == results[i].Pid)];
            Assert.Equal(4 * Records, events.Length);
            foreach (IGrouping<string, CapturedEvent> side in events.GroupBy(e => e.Connection + e.Direction))
            {
                TlsLoad.AssertStream(side, 256, side.First().Text[0], (char)('A' + i), Records);
            }
        }

        Assert.Equal(0, ledger.KernelLost);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Capture_MebibyteWrite_ComesBackWhole(string kernel, string flavour, string transport)
    {
        Requires.Bpf();
        const int Size = 1 << 20;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn(kernel, workspace, "--btf", flavour, "--transport", transport, "--mapsize", "4096");

        TlsLoadResult load = TlsLoad.Run(workspace, "bulk", "--size", $"{Size}");
        capture.Stop();

        CapturedEvent[] sent = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Direction == "transmit" && e.Number("sluice.payload.size") == Size)];
        Assert.Equal(Enumerable.Range(0, Size / 16384).Select(i => (long)i * 16384), sent.Select(e => e.Number("sluice.payload.offset")));
        Assert.Equal(Size, sent.Sum(e => e.Body.Length));
        Assert.All(sent, e => Assert.False(e.Has("sluice.payload.truncated")));
    }

    [Fact]
    public void Capture_WriteBeyondTheChainOfLess52_IsCutMarkedAndCounted()
    {
        Requires.Bpf();
        const int Size = 5 << 19, Sent = 33 * 4 * 16384;
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn("5.1", workspace, "--btf", "core", "--mapsize", "4096");

        TlsLoadResult load = TlsLoad.Run(workspace, "bulk", "--size", $"{Size}");
        Ledger ledger = capture.Stop();

        CapturedEvent[] sent = [.. capture.Events.Where(e => e.Pid == load.Pid && e.Direction == "transmit" && e.Number("sluice.payload.size") == Size)];
        Assert.Equal(Sent, sent.Sum(e => e.Body.Length));
        Assert.All(sent, e => Assert.True(e.Has("sluice.payload.truncated")));
        Assert.Equal(0, ledger.KernelLost);
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Capture_TwoPidsOfThree_HoldsOnlyThose(string kernel, string flavour, string transport)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        TlsLoad[] loads = [.. Enumerable.Range(0, 3).Select(_ => TlsLoad.Start(workspace, "exchange", "--records", "20", "--wait-file", go))];
        Command.WaitUntil(() => loads.All(load => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5), "The loads");

        using Capture capture = Capture.StartAsOn(
            kernel, workspace, "--btf", flavour, "--transport", transport, "--pid", $"{loads[0].Pid}", "--pid", $"{loads[2].Pid}", "--uid", "0");
        File.WriteAllText(go, "");
        foreach (TlsLoad load in loads)
        {
            load.Finish();
        }

        Ledger ledger = capture.Stop();

        Assert.Equal(new[] { loads[0].Pid, loads[2].Pid }.Order(), capture.Events.Select(e => e.Pid).Distinct().Order());
        Assert.Equal(160, capture.Events.Count);
        Assert.True(ledger.Number("kernel_filtered") >= 80, ledger.ToString());
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Capture_FilteredByUser_HoldsOnlyItsProcesses(string kernel, string flavour, string transport)
    {
        Requires.Bpf();
        string setpriv = Requires.Program("setpriv");
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn(kernel, workspace, "--btf", flavour, "--transport", transport, "--uid", "65534", "--uid", "12345");

        TlsLoad.Run(workspace, "exchange", "--records", "5");
        Command.Run(setpriv, "--reuid=65534", "--clear-groups", Repository.TlsLoad, "exchange", "--dir", workspace.Directory, "--records", "5");
        capture.Stop();

        Assert.Equal(20, capture.Events.Count);
        Assert.All(capture.Events, e => Assert.Equal(65534, e.Number("process.user.id")));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Capture_SocketOfEitherFamily_CarriesBothEnds(string kernel, string flavour, string transport)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn(kernel, workspace, "--btf", flavour, "--transport", transport);

        TlsLoadResult four = TlsLoad.Run(workspace, "exchange", "--records", "3", "--family", "4", "--setfd", "1");
        TlsLoadResult six = TlsLoad.Run(workspace, "exchange", "--records", "3", "--family", "6", "--setfd", "0");
        capture.Stop();

        foreach ((TlsLoadResult load, string address) in new[] { (four, "127.0.0.1"), (six, "::1") })
        {
            CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == load.Pid)];
            Assert.Equal(12, events.Length);
            Assert.All(events, e => Assert.Equal(address, e.String("network.peer.address")));
            Assert.Equal(
                new HashSet<long> { load.ClientPort, load.ServerPort }, [.. events.Select(e => e.Number("network.peer.port"))]);
        }
    }
}
