// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>What older kernels run: the same events by other means.</summary>
public sealed class FallbackTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("ex")]
    public void Capture_LinkForEachProbe_ReportsEachRecordOnce(string api)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout("uprobe-multi", workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "200", "--api", api);
        Ledger ledger = capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == load.Pid)];
        foreach (IGrouping<string, CapturedEvent> side in events.GroupBy(e => e.Connection + e.Direction))
        {
            TlsLoad.AssertStream(side, 256, side.First().Text[0], 'a', 200);
        }

        Assert.Equal(800, events.Length);
        Assert.Equal(0, ledger.KernelLost);
    }

    [Fact]
    public void Capture_WithoutSocketTracepoints_FindsNestedSocketsBySystemCall()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string own = LibraryCopy.MakeUnknownVersion(workspace);
        using Capture capture = Capture.StartWithout("uprobe-multi,socket-tracepoints", workspace, "--lib", Path.Combine(own, "libssl.so.3"));

        Command.Run("sh", "-c", $"LD_LIBRARY_PATH={own} exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 5 --setfd 0");
        capture.Stop();

        Assert.Equal(20, capture.Events.Count);
        Assert.All(capture.Events, e => Assert.Equal("nested_io", e.String("sluice.address.source")));
        Assert.All(capture.Events, e => Assert.Equal("127.0.0.1", e.String("network.peer.address")));
    }

    [Theory]
    [InlineData("5.1", "auto")]
    [InlineData("5.1", "noncore")]
    [InlineData("", "noncore")]
    [InlineData("", "core")]
    public void Capture_EachVariantOfTheBytecode_ReportsEachRecordOnce(string kernelVersion, string btf)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.StartAsOn(kernelVersion, workspace, "--btf", btf);

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "100");
        Ledger ledger = capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == load.Pid)];
        foreach (IGrouping<string, CapturedEvent> side in events.GroupBy(e => e.Connection + e.Direction))
        {
            TlsLoad.AssertStream(side, 256, side.First().Text[0], 'a', 100);
        }

        Assert.Equal(400, events.Length);
        Assert.Equal(0, ledger.KernelLost);
    }
}
