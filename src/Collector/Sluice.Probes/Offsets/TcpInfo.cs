// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace Sluice.Probes.Offsets;

/// <summary>What the kernel says of a TCP connection that one has (tcp(7), TCP_INFO); the four numbers that programs read as well. Linux 4.19.</summary>
internal readonly record struct TcpInfo(ulong BytesSent, ulong BytesRetrans, ulong BytesAcked, ulong BytesReceived)
{
    // netinet/tcp.h and linux/tcp.h: struct tcp_info only ever grows at its end.
    private const int IPPROTO_TCP = 6, TCP_INFO = 11;
    private const int AckedAt = 120, ReceivedAt = 128, SentAt = 200, RetransAt = 208, Size = 216;

    /// <exception cref="SocketException">The kernel knows less than asked.</exception>
    public static TcpInfo Of(Socket socket)
    {
        Span<byte> info = stackalloc byte[Size];
        if (socket.GetRawSocketOption(IPPROTO_TCP, TCP_INFO, info) < Size)
        {
            throw new SocketException((int)SocketError.OperationNotSupported);
        }

        return new TcpInfo(Read(info, SentAt), Read(info, RetransAt), Read(info, AckedAt), Read(info, ReceivedAt));
    }

    private static ulong Read(ReadOnlySpan<byte> info, int at) => BinaryPrimitives.ReadUInt64LittleEndian(info[at..]);
}
