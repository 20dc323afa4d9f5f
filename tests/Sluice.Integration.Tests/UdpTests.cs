// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>UDP in the module <c>connections</c>: every flow of both processes, with the right process and the datagrams and bytes that they themselves counted.</summary>
public sealed class UdpTests
{
    // UDP_SEGMENT of linux/udp.h: one call sends many datagrams.
    private const int SegmentOption = 103;

    [Theory]
    [InlineData("ringbuf", "")]
    [InlineData("ringbuf", "modern-programs")]
    [InlineData("perf", "")]
    [InlineData("perf", "modern-programs,socket-tracepoints")]
    public void Capture_ThousandShortFlows_ReportsEachEndOnceWithItsProcessAndCounts(string transport, string without)
    {
        const int Flows = 1000;
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", without, workspace, "--transport", transport);
        using UdpServer server = UdpServer.Start(workspace, IPAddress.Loopback, Flows);
        var load = new UdpLoad();

        for (int i = 0; i < Flows; i++)
        {
            load.Exchange(server, isConnected: i % 2 == 0, i * 37 % 5000);
        }

        server.WaitForEnd();
        Ledger ledger = capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
        Assert.Equal(0, ledger.KernelLost);
        Assert.Equal(ledger.Submitted, capture.EventsOf("network.connection").Count);
    }

    [Theory]
    [InlineData("core")]
    [InlineData("noncore")]
    public void Capture_FiftyIpv6Flows_HaveTheirAddresses(string btf)
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace, "--btf", btf);
        using UdpServer server = UdpServer.Start(workspace, IPAddress.IPv6Loopback, 150);
        var load = new UdpLoad();

        for (int i = 0; i < 50; i++)
        {
            load.Exchange(server, isConnected: i % 2 == 0, i, 1000, 30_000);
        }

        server.WaitForEnd();
        capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
        Assert.All(
            Udp(capture).Where(e => ConnectionKey.Of(e).LocalPort == server.EndPoint.Port || ConnectionKey.Of(e).PeerPort == server.EndPoint.Port),
            e => Assert.Equal(("ipv6", "::1", "::1"), (e.String("network.type"), e.String("network.local.address"), e.String("network.peer.address"))));
    }

    [Fact]
    public void Capture_Ipv4ThroughIpv6Sockets_IsIpv4()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using Socket server = Bound(IPAddress.IPv6Any), connected = Bound(IPAddress.IPv6Any), loose = Bound(IPAddress.IPv6Any);
        var target = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), PortOf(server));

        connected.Connect(target);
        connected.Send(new byte[11]);
        loose.SendTo(new byte[22], target);
        EndPoint from = new IPEndPoint(IPAddress.IPv6Any, 0);
        server.ReceiveFrom(new byte[100], ref from);
        server.ReceiveFrom(new byte[100], ref from);

        ConnectionKey first = new(PortOf(connected), PortOf(server)), second = new(PortOf(loose), PortOf(server));
        CloseAll(server, connected, loose);
        capture.Stop();
        foreach ((ConnectionKey key, int bytes) in new[] { (first, 11), (second, 22) })
        {
            var sender = new ExpectedFlow("open", Environment.ProcessId, 1, bytes, 0, 0);
            sender.Check(key, EventsOf(capture, key));
            sender.OtherEnd(Environment.ProcessId).Check(key.OtherEnd(), EventsOf(capture, key.OtherEnd()));
            Assert.All(EventsOf(capture, key), e => Assert.Equal(("ipv4", "127.0.0.1"), (e.String("network.type"), e.String("network.peer.address"))));
        }
    }

    [Fact]
    public void Capture_LongFlowsOfOneServer_KeepsTheirCountsApart()
    {
        const int Rounds = 300;
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using UdpServer server = UdpServer.Start(workspace, IPAddress.Loopback, 3 * Rounds);
        var load = new UdpLoad();

        Thread[] clients = [.. Enumerable.Range(1, 3).Select(number => new Thread(() =>
        {
            var own = new UdpLoad();
            own.Exchange(server, isConnected: number == 1, [.. Enumerable.Range(0, Rounds).Select(i => i * number % 1200)]);
            lock (load)
            {
                load.Add(own);
            }
        }))];
        Array.ForEach(clients, static client => client.Start());
        Array.ForEach(clients, static client => client.Join());

        server.WaitForEnd();
        capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
    }

    [Fact]
    public void Capture_SegmentsSentByOneCall_CountsEachDatagram()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using Socket server = Bound(IPAddress.Loopback), client = Bound(IPAddress.Loopback);
        client.Connect(server.LocalEndPoint!);
        client.SetRawSocketOption((int)SocketOptionLevel.Udp, SegmentOption, BitConverter.GetBytes(1000));

        client.Send(new byte[9_500]);
        for (int i = 0; i < 10; i++)
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            server.ReceiveFrom(new byte[2000], ref from);
        }

        ConnectionKey key = new(PortOf(client), PortOf(server));
        CloseAll(server, client);
        capture.Stop();
        var sender = new ExpectedFlow("open", Environment.ProcessId, 10, 9_500, 0, 0);
        sender.Check(key, EventsOf(capture, key));
        sender.OtherEnd(Environment.ProcessId).Check(key.OtherEnd(), EventsOf(capture, key.OtherEnd()));
    }

    [Fact]
    public void Capture_Netcat_NamesTheProgramAtItsEnd()
    {
        using var workspace = Prepare();
        string netcat = Requires.Program("nc");
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using UdpServer server = UdpServer.Start(workspace, IPAddress.Loopback, 1);

        (_, int pid) = Command.RunWithPid("sh", "-c", $"echo hello | exec {netcat} -u -w 1 127.0.0.1 {server.EndPoint.Port}");
        server.WaitForEnd();
        capture.Stop();

        CapturedEvent[] client = [.. Udp(capture).Where(e => e.Number("network.peer.port") == server.EndPoint.Port).OrderBy(e => e.Sequence)];
        ConnectionKey key = ConnectionKey.Of(client[0]);
        new ExpectedFlow("open", client[0].Pid, 1, 6, 1, 13).Check(key, client);
        Assert.All(client, e => Assert.Equal("nc", e.String("process.executable.name")));
        Assert.NotEqual(pid, server.Pid);
        new ExpectedFlow("accept", server.Pid, 1, 13, 1, 6).Check(key.OtherEnd(), EventsOf(capture, key.OtherEnd()));
    }

    [Fact]
    public void Capture_ReceiverThatDoesNotAskForThePeer_IsFoundAllTheSame()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using UdpServer server = UdpServer.Start(workspace, IPAddress.Loopback, 3, isSilent: true);
        using Socket client = Bound(IPAddress.Loopback);
        for (int i = 0; i < 3; i++)
        {
            client.SendTo(new byte[100], server.EndPoint);
        }

        server.WaitForEnd();
        ConnectionKey key = new(PortOf(client), server.EndPoint.Port);
        client.Close();
        capture.Stop();

        new ExpectedFlow("accept", server.Pid, 0, 0, 3, 300).Check(key.OtherEnd(), EventsOf(capture, key.OtherEnd()));
    }

    [Fact]
    public void Capture_DatagramThatNobodyReads_EndsWithoutAProcess()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using Socket server = Bound(IPAddress.Loopback), client = Bound(IPAddress.Loopback);
        client.SendTo(new byte[5], server.LocalEndPoint!);
        ConnectionKey key = new(PortOf(client), PortOf(server));

        CloseAll(server, client);
        capture.Stop();

        CapturedEvent end = Assert.Single(EventsOf(capture, key.OtherEnd()));
        Assert.Equal(("close", "inbound", 1, 5), (end.String("sluice.connection.event"), end.String("sluice.connection.direction"), end.Number("sluice.packets.received"), end.Number("sluice.bytes.received")));
        Assert.False(end.Has("process.pid"), end.ToString());
        new ExpectedFlow("open", Environment.ProcessId, 1, 5, 0, 0).Check(key, EventsOf(capture, key));
    }

    [Fact]
    public void Capture_FlowFromBefore_IsReportedAtItsEndWithWhatWasSeen()
    {
        using var workspace = Prepare();
        using Socket server = Bound(IPAddress.Loopback), client = Bound(IPAddress.Loopback);
        client.Connect(server.LocalEndPoint!);
        client.Send(new byte[10]);
        server.Receive(new byte[10]);
        ConnectionKey key = new(PortOf(client), PortOf(server));

        using Capture capture = Capture.StartModule("connections", "", workspace);
        client.Send(new byte[7]);
        server.Receive(new byte[10]);
        CloseAll(server, client);
        capture.Stop();

        CapturedEvent end = Assert.Single(EventsOf(capture, key));
        Assert.Equal(("close", 1, 7), (end.String("sluice.connection.event"), end.Number("sluice.packets.sent"), end.Number("sluice.bytes.sent")));
        Assert.Equal(Environment.ProcessId, end.Pid);
        Assert.False(end.Has("sluice.duration_ns") || end.Has("sluice.connection.direction"), end.ToString());
        CapturedEvent other = Assert.Single(EventsOf(capture, key.OtherEnd()));
        Assert.Equal((1, 7), (other.Number("sluice.packets.received"), other.Number("sluice.bytes.received")));
    }

    [Fact]
    public void Capture_FlowThatFallsSilent_EndsAndItsNextDatagramBeginsAnother()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace, "--udp-idle", "1s");
        using UdpServer server = UdpServer.Start(workspace, IPAddress.Loopback, 2);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        client.Connect(server.EndPoint);
        ConnectionKey key = new(PortOf(client), server.EndPoint.Port);

        client.Send(new byte[3]);
        client.Receive(new byte[100]);
        Command.WaitUntil(() => EventsOf(capture, key).Count == 2 && EventsOf(capture, key.OtherEnd()).Count == 2, "The ends of the silent flow");
        client.Send(new byte[4]);
        client.Receive(new byte[100]);
        Command.WaitUntil(() => EventsOf(capture, key).Count == 4 && EventsOf(capture, key.OtherEnd()).Count == 4, "The ends of the second flow");
        capture.Stop();

        foreach ((ConnectionKey end, ExpectedFlow expected, ExpectedFlow next) in new[]
        {
            (key, new ExpectedFlow("open", Environment.ProcessId, 1, 3, 1, 7), new ExpectedFlow("open", Environment.ProcessId, 1, 4, 1, 9)),
            (key.OtherEnd(), new ExpectedFlow("accept", server.Pid, 1, 7, 1, 3), new ExpectedFlow("accept", server.Pid, 1, 9, 1, 4)),
        })
        {
            IGrouping<string, CapturedEvent>[] flows = [.. EventsOf(capture, end).OrderBy(e => e.Number("time_unix_nano")).GroupBy(e => e.Connection)];
            Assert.Equal(2, flows.Length);
            expected.Check(end, [.. flows[0]]);
            next.Check(end, [.. flows[1]]);
        }
    }

    [Theory]
    [InlineData("--pid")]
    [InlineData("--uid")]
    [InlineData("--cgroup")]
    public void Capture_Narrowed_HoldsOnlyTheEndsOfThatProcess(string filter)
    {
        using var workspace = Prepare();
        string cgroup = Path.Combine(Requires.CgroupV2(), string.Create(CultureInfo.InvariantCulture, $"sluice-udp-{Environment.ProcessId}"));
        string inner = Path.Combine(cgroup, "inner");
        Directory.CreateDirectory(inner);
        try
        {
            CaptureNarrowed(workspace, filter, cgroup, inner);
        }
        finally
        {
            Directory.Delete(inner);
            Directory.Delete(cgroup);
        }
    }

    private static void CaptureNarrowed(Workspace workspace, string filter, string cgroup, string inner)
    {
        const string OtherUser = "65534";
        using UdpServer other = UdpServer.Start(workspace, IPAddress.Loopback, 20), server = UdpServer.Start(workspace, IPAddress.Loopback, 20, user: OtherUser, cgroup: inner);
        string value = filter switch { "--pid" => $"{server.Pid}", "--uid" => OtherUser, _ => cgroup };
        using Capture capture = Capture.StartModule("connections", "", workspace, filter, value);
        var load = new UdpLoad();

        for (int i = 0; i < 20; i++)
        {
            load.Exchange(server, isConnected: true, i);
            new UdpLoad().Exchange(other, isConnected: false, i);
        }

        server.WaitForEnd();
        other.WaitForEnd();
        capture.Stop();
        Assert.All(Udp(capture), e => Assert.Equal(server.Pid, e.Pid));
        // The socket was there before, so that only the ends are told.
        Assert.All(Udp(capture), e => Assert.Equal("close", e.String("sluice.connection.event")));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => (UdpServer.AnswerTo(i), i)),
            Udp(capture).Select(e => ((int)e.Number("sluice.bytes.sent"), (int)e.Number("sluice.bytes.received"))).Order());
    }

    [Fact]
    public void Capture_MorePeersThanTheTableHolds_CountsEachDatagramOrTellsOfItsFlow()
    {
        const int Peers = 70_000;
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using Socket client = Bound(IPAddress.Any);
        byte[] nothing = new byte[1];
        for (int i = 0; i < Peers; i++)
        {
            // Addresses of the loopback network; nobody listens there.
            client.SendTo(nothing, new IPEndPoint(new IPAddress([127, 1, (byte)(i >> 8), (byte)i]), 1024 + (i >> 16)));
        }

        Ledger ledger = capture.Stop();
        int told = Udp(capture).Count(e => e.Pid == Environment.ProcessId && e.String("sluice.connection.event") == "open" && e.Number("network.local.port") == PortOf(client));
        Assert.InRange(told, 60_000, 65_536);
        Assert.Equal(Peers, told + ledger.KernelLost);
    }

    private static Workspace Prepare()
    {
        Requires.Bpf();
        Requires.CgroupV2();
        return new Workspace();
    }

    private static Socket Bound(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        socket.Bind(new IPEndPoint(address, 0));
        return socket;
    }

    private static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    private static void CloseAll(params ReadOnlySpan<Socket> sockets)
    {
        foreach (Socket socket in sockets)
        {
            socket.Close();
        }
    }

    private static IReadOnlyList<CapturedEvent> Udp(Capture capture) => [.. capture.EventsOf("network.connection").Where(e => e.String("network.transport") == "udp")];

    private static IReadOnlyList<CapturedEvent> EventsOf(Capture capture, ConnectionKey key) => [.. Udp(capture).Where(e => ConnectionKey.Of(e) == key).OrderBy(e => e.Number("time_unix_nano")).ThenBy(e => e.Sequence)];
}
