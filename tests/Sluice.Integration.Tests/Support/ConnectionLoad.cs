// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>Connections from this process to an <see cref="EchoServer"/>, and what a capture must say of both ends of each.</summary>
internal sealed class ConnectionLoad
{
    // In the order of the connections: on a slow machine a port comes back after a second.
    private readonly List<(ConnectionKey Key, ExpectedEnd End)> _expected = [];

    /// <summary>One connection, of which both directions are closed one after the other: first this one.</summary>
    public void Exchange(EchoServer server, int bytes)
    {
        using var client = new Socket(server.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(server.EndPoint);
        ConnectionKey key = KeyOf(client);
        client.Send(new byte[bytes]);
        client.Shutdown(SocketShutdown.Send);
        byte[] buffer = new byte[65536];
        long received = 0;
        for (int piece; (piece = client.Receive(buffer)) != 0;)
        {
            received += piece;
        }

        Assert.Equal(EchoServer.AnswerTo(bytes), received);
        _expected.Add((key, new ExpectedEnd("open", Environment.ProcessId, bytes, received)));
        _expected.Add((key.OtherEnd(), new ExpectedEnd("accept", server.Pid, received, bytes)));
    }

    /// <summary>Finds each end's two events, and nothing else of it.</summary>
    /// <param name="connections">Of a whole capture.</param>
    /// <param name="onlyOf">The process to which the capture was narrowed; null for none.</param>
    public void Check(IReadOnlyList<CapturedEvent> connections, int? onlyOf = null)
    {
        ILookup<ConnectionKey, IGrouping<string, CapturedEvent>> found = connections
            .GroupBy(static e => e.Connection)
            .OrderBy(static events => events.Min(static e => e.Number("time_unix_nano")))
            .ToLookup(static events => ConnectionKey.Of(events.First()));
        foreach (IGrouping<ConnectionKey, ExpectedEnd> ends in _expected.Where(one => onlyOf is null || one.End.Pid == onlyOf).GroupBy(static one => one.Key, static one => one.End))
        {
            Assert.Equal(ends.Count(), found[ends.Key].Count());
            foreach ((ExpectedEnd end, IGrouping<string, CapturedEvent> events) in ends.Zip(found[ends.Key]))
            {
                end.Check(ends.Key, [.. events.OrderBy(static e => e.Sequence)]);
            }
        }
    }

    public static ConnectionKey KeyOf(Socket socket) => new(((IPEndPoint)socket.LocalEndPoint!).Port, ((IPEndPoint)socket.RemoteEndPoint!).Port);
}
