// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using System.Net.Sockets;

namespace Sluice.KernelSuite;

/// <summary>Connections of this process to itself.</summary>
internal static class LoopbackTraffic
{
    /// <summary>Makes a listener, tells its port, and connects to it, one connection after the other.</summary>
    public static void Connect(int connections, Action<int> onListening)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(connections);
        onListening(((IPEndPoint)listener.LocalEndPoint!).Port);
        for (int i = 0; i < connections; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.LocalEndPoint);
            using Socket server = listener.Accept();
        }
    }
}
