// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>Flows from this process to a <see cref="UdpServer"/>, and what a capture must say of both ends of each.</summary>
internal sealed class UdpLoad
{
    private readonly List<(ConnectionKey Key, ExpectedFlow End)> _expected = [];
    private readonly HashSet<int> _ports = [];

    /// <summary>One flow of a socket of its own: datagrams of these sizes, each answered before the next.</summary>
    public void Exchange(UdpServer server, bool isConnected, params ReadOnlySpan<int> sizes)
    {
        using Socket client = BindAnew(server.EndPoint.Address);
        if (isConnected)
        {
            client.Connect(server.EndPoint);
        }

        byte[] buffer = new byte[65536];
        long sent = 0, received = 0;
        foreach (int size in sizes)
        {
            EndPoint peer = server.EndPoint;
            sent += isConnected ? client.Send(new byte[size]) : client.SendTo(new byte[size], peer);
            int answer = isConnected ? client.Receive(buffer) : client.ReceiveFrom(buffer, ref peer);
            Assert.Equal(UdpServer.AnswerTo(size), answer);
            received += answer;
        }

        Expect(new ConnectionKey(((IPEndPoint)client.LocalEndPoint!).Port, server.EndPoint.Port), new ExpectedFlow("open", Environment.ProcessId, sizes.Length, sent, sizes.Length, received), server.Pid);
    }

    /// <summary>What another load did too.</summary>
    public void Add(UdpLoad other) => _expected.AddRange(other._expected);

    /// <summary>Finds each end's two events, and nothing else of it.</summary>
    /// <param name="connections">Of a whole capture.</param>
    /// <param name="onlyOf">The process to which the capture was narrowed; null for none.</param>
    public void Check(IReadOnlyList<CapturedEvent> connections, int? onlyOf = null)
    {
        ILookup<ConnectionKey, CapturedEvent> found = connections.Where(static e => e.String("network.transport") == "udp").ToLookup(ConnectionKey.Of);
        foreach ((ConnectionKey key, ExpectedFlow end) in _expected.Where(one => onlyOf is null || one.End.Pid == onlyOf))
        {
            end.Check(key, [.. found[key].OrderBy(static e => e.Sequence)]);
        }
    }

    /// <summary>To a port that no flow of this load had: to the server, the same port is the same peer.</summary>
    private Socket BindAnew(IPAddress address)
    {
        while (true)
        {
            var client = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 10_000 };
            client.Bind(new IPEndPoint(address, 0));
            if (_ports.Add(((IPEndPoint)client.LocalEndPoint!).Port))
            {
                return client;
            }

            client.Dispose();
        }
    }

    private void Expect(ConnectionKey key, ExpectedFlow client, int serverPid)
    {
        _expected.Add((key, client));
        _expected.Add((key.OtherEnd(), client.OtherEnd(serverPid)));
    }
}
