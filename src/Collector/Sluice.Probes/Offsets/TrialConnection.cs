// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Sluice.Probes.Offsets;

/// <summary>A TCP connection of this process with itself.</summary>
internal sealed class TrialConnection : IDisposable
{
    // sys/socket.h
    private const ushort AF_INET = 2, AF_INET6 = 10;

    // include/net/tcp_states.h
    private const byte TCP_ESTABLISHED = 1, TCP_CLOSE_WAIT = 8;

    // asm-generic/socket.h
    private const int SOL_SOCKET = 1, SO_DETACH_BPF = 27, SO_ATTACH_BPF = 50, SO_COOKIE = 57;

    // Numbers that no other field of a socket has by chance.
    private const int SentBytes = 4211, SentTwiceBytes = 1013, ReceivedBytes = 7477;

    // A packet on the loopback interface arrives within the call that sends it, unless the processor is handed to somebody else just then.
    private const int ArrivalMs = 2, Attempts = 5;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    // Both are addresses of the loopback interface; were they the same, nothing would tell the two ends apart.
    private static readonly IPAddress s_clientAddress = new([127, 0, 0, 2]), s_serverAddress = IPAddress.Loopback;

    private readonly Socket _client;
    private readonly Socket _server;

    /// <param name="family">Sockets of either family reach the interface: those of IPv6 by mapped addresses.</param>
    /// <param name="dropProgram">Descriptor of a socket filter that takes no packet; with it something is sent a second time.</param>
    /// <exception cref="SocketException">The host has no such interface, or it does not deliver.</exception>
    public TrialConnection(AddressFamily family, int? dropProgram)
    {
        _client = MakeSocket(family);
        try
        {
            _client.NoDelay = true;
            _server = Accept(family);
            Exchange(dropProgram);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What holds of what is read of both ends.</summary>
    public KernelProof Judge(Func<nint, KernelCheck> read)
    {
        // The kernel gives a socket its cookie when it is asked for the first time.
        ulong cookie = CookieOf(_client);

        // The server has ended its half; so the client's end knows of that, and the server's end waits.
        KernelCheck client = read(_client.Handle), server = read(_server.Handle);
        if (!IsSocket(client, _client, TCP_CLOSE_WAIT) || !IsThisProcess(client) || client.Cookie != cookie)
        {
            return KernelProof.None;
        }

        return IsTraffic(client, _client) && IsTraffic(server, _server) && client.PeerEnded == 1 && server.PeerEnded == 0 ? KernelProof.All : KernelProof.Sockets;
    }

    public void Dispose()
    {
        _client.Dispose();
        _server?.Dispose();
    }

    private static bool IsSocket(in KernelCheck check, Socket socket, byte state)
    {
        var local = (IPEndPoint)socket.LocalEndPoint!;
        var peer = (IPEndPoint)socket.RemoteEndPoint!;
        return check.Found == 1
            && check.Family == (local.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6)
            && check.Transport == (byte)ProtocolType.Tcp
            && check.Protocol == (ushort)ProtocolType.Tcp
            && check.State == state
            && check.Error == 0
            && check.LocalPort == local.Port
            && check.BoundPort == local.Port
            && check.PeerPort == peer.Port
            && IsAddress(check.LocalAddress, local.Address)
            && IsAddress(check.PeerAddress, peer.Address);
    }

    private static ulong CookieOf(Socket socket)
    {
        byte[] cookie = new byte[sizeof(ulong)];
        _ = socket.GetRawSocketOption(SOL_SOCKET, SO_COOKIE, cookie);
        return BitConverter.ToUInt64(cookie);
    }

    private static bool IsTraffic(in KernelCheck check, Socket socket)
    {
        var known = TcpInfo.Of(socket);
        return check.BytesSent == known.BytesSent
            && check.BytesRetrans == known.BytesRetrans
            && check.BytesAcked == known.BytesAcked
            && check.BytesReceived == known.BytesReceived;
    }

    private static bool IsAddress(ReadOnlySpan<byte> found, IPAddress known)
    {
        byte[] bytes = known.GetAddressBytes();
        return found[..bytes.Length].SequenceEqual(bytes) && found[bytes.Length..].IndexOfAnyExcept((byte)0) < 0;
    }

    private static bool IsThisProcess(in KernelCheck check)
    {
        ReadOnlySpan<byte> name = check.Comm;
        int end = name.IndexOf((byte)0);
        string size = File.ReadLines("/proc/self/status").First(static line => line.StartsWith("FDSize:", StringComparison.Ordinal))["FDSize:".Length..];
        return end >= 0
            && Encoding.UTF8.GetString(name[..end]) == File.ReadAllText("/proc/self/comm").TrimEnd('\n')
            && check.MaxFds == uint.Parse(size, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }

    private static Socket MakeSocket(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        if (family == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = true;
        }

        return socket;
    }

    private static IPEndPoint EndPoint(AddressFamily family, IPAddress address) =>
        new(family == AddressFamily.InterNetworkV6 ? address.MapToIPv6() : address, 0);

    private Socket Accept(AddressFamily family)
    {
        using Socket listener = MakeSocket(family);
        listener.Bind(EndPoint(family, s_serverAddress));
        listener.Listen(1);
        _client.Bind(EndPoint(family, s_clientAddress));
        _client.Connect(listener.LocalEndPoint!);
        return listener.Accept();
    }

    /// <summary>Afterwards both ends have sent and received, the client some of it twice, and the server has ended.</summary>
    private void Exchange(int? dropProgram)
    {
        Send(SentBytes);
        for (int i = 0; dropProgram is { } program && TcpInfo.Of(_client).BytesRetrans == 0; i++)
        {
            SendInVain(program);
            if (i == Attempts)
            {
                throw new SocketException((int)SocketError.TryAgain);
            }
        }

        _server.Send(new byte[ReceivedBytes]);
        _server.Shutdown(SocketShutdown.Send);

        // Read to its end, which only comes behind the last byte.
        byte[] buffer = new byte[ReceivedBytes];
        while (_client.Receive(buffer) > 0)
        {
        }

        // With the acknowledgement of its end, which counts as a byte, nothing is under way any more: nothing changes while it is compared.
        WaitUntil(() => TcpInfo.Of(_server).BytesAcked > ReceivedBytes);
    }

    private void Send(int bytes)
    {
        _client.Send(new byte[bytes]);
        WaitUntilAcknowledged();
    }

    /// <summary>Sends what the server is deaf to, and waits until it has it all the same. Two packets: that one of the last is missing shows sooner than that all are.</summary>
    private void SendInVain(int dropProgram)
    {
        _server.SetRawSocketOption(SOL_SOCKET, SO_ATTACH_BPF, BitConverter.GetBytes(dropProgram));
        _client.Send(new byte[SentTwiceBytes / 2]);
        _client.Send(new byte[SentTwiceBytes - (SentTwiceBytes / 2)]);
        Thread.Sleep(ArrivalMs);
        _server.SetRawSocketOption(SOL_SOCKET, SO_DETACH_BPF, BitConverter.GetBytes(0));
        WaitUntilAcknowledged();
    }

    /// <summary>The client's request for the connection counts as a byte too.</summary>
    private void WaitUntilAcknowledged() => WaitUntil(() => TcpInfo.Of(_client) is var client && client.BytesAcked > client.BytesSent - client.BytesRetrans);

    private static void WaitUntil(Func<bool> condition)
    {
        long started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > s_patience)
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            Thread.Sleep(1);
        }
    }
}
