// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>The module <c>connections</c>: every connection of both processes, with the right process and the bytes that they themselves counted.</summary>
public sealed class ConnectionTests
{
    [Theory]
    [InlineData("ringbuf", "")]
    [InlineData("ringbuf", "modern-programs")]
    [InlineData("perf", "")]
    [InlineData("perf", "modern-programs")]
    public void Capture_ThousandShortConnections_ReportsEachEndOnceWithItsProcessAndBytes(string transport, string without)
    {
        const int Connections = 1000;
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", without, workspace, "--transport", transport);
        using EchoServer server = EchoServer.Start(workspace, IPAddress.Loopback, Connections);
        var load = new ConnectionLoad();

        for (int i = 0; i < Connections; i++)
        {
            load.Exchange(server, i * 37 % 5000);
        }

        server.WaitForEnd();
        Ledger ledger = capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
        Assert.Equal(0, ledger.KernelLost);
        Assert.Equal(ledger.Submitted, capture.EventsOf("network.connection").Count);
    }

    [Fact]
    public void Capture_Ipv6_HasItsAddresses()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using EchoServer server = EchoServer.Start(workspace, IPAddress.IPv6Loopback, 1);
        var load = new ConnectionLoad();

        load.Exchange(server, 10);

        server.WaitForEnd();
        capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
        Assert.All(
            capture.EventsOf("network.connection").Where(e => e.Number("network.local.port") == server.EndPoint.Port || e.Number("network.peer.port") == server.EndPoint.Port),
            e => Assert.Equal(("ipv6", "::1", "::1"), (e.String("network.type"), e.String("network.local.address"), e.String("network.peer.address"))));
    }

    [Fact]
    public void Capture_ManyMegabytesBothWays_CountsEachByteOnce()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using EchoServer server = EchoServer.Start(workspace, IPAddress.Loopback, 1);
        var load = new ConnectionLoad();

        load.Exchange(server, 20_000_000);

        server.WaitForEnd();
        capture.Stop();
        load.Check(capture.EventsOf("network.connection"));
    }

    [Fact]
    public void Capture_CurlAndNetcat_NamesBothProgramsAtBothEnds()
    {
        using var workspace = Prepare();
        string netcat = Requires.Program("nc"), curl = Requires.Program("curl");
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using EchoServer web = EchoServer.Start(workspace, IPAddress.Loopback, 1, http: true), echo = EchoServer.Start(workspace, IPAddress.Loopback, 1);

        (_, int curlPid) = Command.RunWithPid(curl, "--silent", "--noproxy", "*", $"http://127.0.0.1:{web.EndPoint.Port}/");
        (_, int netcatPid) = Command.RunWithPid(netcat, "-N", "127.0.0.1", $"{echo.EndPoint.Port}");
        web.WaitForEnd();
        echo.WaitForEnd();

        capture.Stop();
        AssertPair(capture, web, curlPid, EchoServer.HttpAnswer.Length);
        AssertPair(capture, echo, netcatPid, EchoServer.AnswerTo(0));
    }

    [Fact]
    public void Capture_RefusedConnection_IsOneFailureWithItsReason()
    {
        using var workspace = Prepare();
        int port = FreePort();
        using Capture capture = Capture.StartModule("connections", "", workspace);

        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            Assert.Throws<SocketException>(() => client.Connect(IPAddress.Loopback, port));
        }

        capture.Stop();
        CapturedEvent failure = Assert.Single(capture.EventsOf("network.connection"), e => e.Number("network.peer.port") == port);
        Assert.Equal("fail", failure.String("sluice.connection.event"));
        Assert.Equal("ECONNREFUSED", failure.String("error.type"));
        Assert.Equal(Environment.ProcessId, failure.Pid);
        Assert.Equal(0, failure.Sequence);
    }

    [Fact]
    public void Capture_ConnectionFromBefore_IsReportedAtItsEndWithAllItsBytes()
    {
        using var workspace = Prepare();
        using Socket listener = Listen(), client = Connect(listener), accepted = listener.Accept();
        client.Send(new byte[10]);
        accepted.Receive(new byte[10]);
        ConnectionKey key = ConnectionLoad.KeyOf(client);

        using Capture capture = Capture.StartModule("connections", "", workspace);
        accepted.Send(new byte[7]);
        client.Receive(new byte[7]);
        client.Close();
        accepted.Close();
        capture.Stop();

        CapturedEvent end = Assert.Single(EventsOf(capture, key));
        Assert.Equal(("close", Environment.ProcessId, 10, 7), (end.String("sluice.connection.event"), end.Pid, end.Number("sluice.bytes.sent"), end.Number("sluice.bytes.received")));
        Assert.False(end.Has("sluice.duration_ns") || end.Has("sluice.connection.direction"), end.ToString());
        CapturedEvent other = Assert.Single(EventsOf(capture, key.OtherEnd()));
        Assert.Equal((7, 10), (other.Number("sluice.bytes.sent"), other.Number("sluice.bytes.received")));
    }

    [Fact]
    public void Capture_ConnectionThatNobodyAccepts_EndsWithoutAProcess()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        Socket listener = Listen();
        using Socket client = Connect(listener);
        ConnectionKey key = ConnectionLoad.KeyOf(client);
        client.Send(new byte[5]);

        listener.Close();
        client.Close();
        capture.Stop();

        CapturedEvent end = Assert.Single(EventsOf(capture, key.OtherEnd()));
        Assert.Equal(("close", "inbound", 5), (end.String("sluice.connection.event"), end.String("sluice.connection.direction"), end.Number("sluice.bytes.received")));
        Assert.False(end.Has("process.pid"), end.ToString());
        Assert.Equal(["open", "close"], EventsOf(capture, key).Select(e => e.String("sluice.connection.event")));
    }

    [Fact]
    public void Capture_ResetWithUnreadData_CountsWhatTheKernelTook()
    {
        using var workspace = Prepare();
        using Capture capture = Capture.StartModule("connections", "", workspace);
        using Socket listener = Listen(), client = Connect(listener);
        Socket accepted = listener.Accept();
        ConnectionKey key = ConnectionLoad.KeyOf(client);
        client.Send(new byte[1000]);
        accepted.Receive(new byte[1]);

        accepted.Close();
        Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
        client.Close();
        capture.Stop();

        new ExpectedEnd("open", Environment.ProcessId, 1000, 0).Check(key, EventsOf(capture, key));
        new ExpectedEnd("accept", Environment.ProcessId, 0, 1000).Check(key.OtherEnd(), EventsOf(capture, key.OtherEnd()));
    }

    [Fact]
    public void Capture_OnePid_HoldsOnlyItsEnds()
    {
        using var workspace = Prepare();
        using EchoServer server = EchoServer.Start(workspace, IPAddress.Loopback, 20), other = EchoServer.Start(workspace, IPAddress.Loopback, 20);
        using Capture capture = Capture.StartModule("connections", "", workspace, "--pid", $"{server.Pid}");
        var load = new ConnectionLoad();

        for (int i = 0; i < 20; i++)
        {
            load.Exchange(server, i);
            new ConnectionLoad().Exchange(other, i);
        }

        server.WaitForEnd();
        other.WaitForEnd();
        capture.Stop();
        Assert.All(capture.EventsOf("network.connection"), e => Assert.Equal(server.Pid, e.Pid));
        Assert.Equal(40, capture.EventsOf("network.connection").Count);
        load.Check(capture.EventsOf("network.connection"), server.Pid);
    }

    private static Workspace Prepare()
    {
        Requires.Bpf();
        return new Workspace();
    }

    private static void AssertPair(Capture capture, EchoServer peer, int clientPid, long answer)
    {
        int serverPort = peer.EndPoint.Port, serverPid = peer.Pid;
        CapturedEvent[] client = [.. capture.EventsOf("network.connection").Where(e => e.Number("network.peer.port") == serverPort)];
        CapturedEvent[] server = [.. capture.EventsOf("network.connection").Where(e => e.Number("network.local.port") == serverPort)];
        Assert.Equal([("open", clientPid), ("close", clientPid)], client.Select(e => (e.String("sluice.connection.event")!, e.Pid)));
        Assert.Equal([("accept", serverPid), ("close", serverPid)], server.Select(e => (e.String("sluice.connection.event")!, e.Pid)));
        Assert.Equal(client[1].Number("sluice.bytes.sent"), server[1].Number("sluice.bytes.received"));
        Assert.Equal((answer, answer), (server[1].Number("sluice.bytes.sent"), client[1].Number("sluice.bytes.received")));
    }

    private static IReadOnlyList<CapturedEvent> EventsOf(Capture capture, ConnectionKey key) =>
        [.. capture.EventsOf("network.connection").Where(e => ConnectionKey.Of(e) == key).OrderBy(e => e.Sequence)];

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static Socket Connect(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        return client;
    }

    private static int FreePort()
    {
        using Socket listener = Listen();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }
}
