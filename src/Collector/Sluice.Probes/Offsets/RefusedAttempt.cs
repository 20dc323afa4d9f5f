// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Probes.Offsets;

/// <summary>A socket whose attempt to connect was refused, and which has not told its process so yet.</summary>
internal sealed class RefusedAttempt : IDisposable
{
    // include/net/tcp_states.h, asm-generic/errno.h
    private const byte TCP_CLOSE = 7;
    private const int ECONNREFUSED = 111;

    private const int AnswerTimeoutMicroseconds = 1_000_000;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };

    /// <exception cref="SocketException">This host has no loopback interface.</exception>
    public RefusedAttempt()
    {
        try
        {
            // Bound and not listening: nobody else can come to listen at this port meanwhile.
            using Socket closed = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            Connect(closed.LocalEndPoint!);

            // Waits for the answer and leaves it where it is: asking for the error would take it out of the socket.
            _ = _socket.Poll(AnswerTimeoutMicroseconds, SelectMode.SelectRead);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public nint Descriptor => _socket.Handle;

    public bool IsDescribedBy(in KernelCheck check) => check.Found == 1 && check.State == TCP_CLOSE && check.Error == ECONNREFUSED;

    public void Dispose() => _socket.Dispose();

    private void Connect(EndPoint nobody)
    {
        try
        {
            _socket.Connect(nobody);
        }
        catch (SocketException started) when (started.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // As asked: it does not wait.
        }
    }
}
