// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>The socket of a call, by each way and for each family.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("4", "1", "127.0.0.1", "ipv4")]
    [InlineData("4", "0", "127.0.0.1", "ipv4")]
    [InlineData("6", "1", "::1", "ipv6")]
    public void Capture_SocketConnection_CarriesBothEnds(string family, string setFd, string address, string type)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "3", "--family", family, "--setfd", setFd);
        capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == load.Pid)];
        Assert.NotEmpty(events);
        foreach (CapturedEvent e in events)
        {
            bool isClient = e.Text.StartsWith('c') == (e.Direction == "transmit");
            Assert.Equal(address, e.String("network.local.address"));
            Assert.Equal(address, e.String("network.peer.address"));
            Assert.Equal(isClient ? load.ClientPort : load.ServerPort, e.Number("network.local.port"));
            Assert.Equal(isClient ? load.ServerPort : load.ClientPort, e.Number("network.peer.port"));
            Assert.Equal("tcp", e.String("network.transport"));
            Assert.Equal(type, e.String("network.type"));
            Assert.Equal("1.3", e.String("tls.protocol.version"));
        }
    }

    [Fact]
    public void Capture_UnixSocket_IsNamedAsOneAndHasNoAddress()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace);

        TlsLoadResult load = TlsLoad.Run(workspace, "exchange", "--records", "3", "--family", "unix");
        capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == load.Pid)];
        Assert.NotEmpty(events);
        Assert.All(events, e => Assert.Equal("unix", e.String("network.transport")));
        Assert.All(events, e => Assert.False(e.Has("network.peer.address") || e.Has("network.peer.port")));
    }

    [Fact]
    public void Capture_ConnectionOpenedBeforeTheStart_CarriesItsAddress()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "10", "--wait-file", go);
        Command.WaitUntil(() => File.ReadAllText($"/proc/{load.Pid}/wchan").Length >= 0 && Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5, "The connection");

        using Capture capture = Capture.Start(workspace);
        File.WriteAllText(go, "");
        TlsLoadResult result = load.Finish();
        capture.Stop();

        CapturedEvent[] events = [.. capture.Events.Where(e => e.Pid == result.Pid)];
        Assert.True(events.Length >= 40, $"{events.Length} events");
        Assert.All(events, e => Assert.Equal("127.0.0.1", e.String("network.peer.address")));
        Assert.All(events, e => Assert.Contains((int)e.Number("network.local.port"), new[] { result.ClientPort, result.ServerPort }));
    }

    [Theory]
    [InlineData("1", "set_fd")]
    [InlineData("0", "nested_io")]
    public void Capture_LibraryOfUnknownVersion_FindsTheSocketByAnotherWay(string setFd, string way)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string own = LibraryCopy.MakeUnknownVersion(workspace);
        using Capture capture = Capture.Start(workspace, "--lib", Path.Combine(own, "libssl.so.3"));

        Command.Run("sh", "-c", $"LD_LIBRARY_PATH={own} exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 5 --setfd {setFd}");
        capture.Stop();

        Assert.Equal(20, capture.Events.Count);
        Assert.All(capture.Events, e => Assert.Equal("127.0.0.1", e.String("network.peer.address")));
        Assert.All(capture.Events, e => Assert.Equal(way, e.String("sluice.address.source")));
        Assert.All(capture.Events, e => Assert.False(e.Has("tls.protocol.version")));
    }
}
