// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Wire;

/// <summary>A network connection's start or end; mirrors <c>struct sluice_connection</c> in bpf/include/event.h (168 bytes).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = SizeInBytes)]
public struct ConnectionHeader
{
    public const int SizeInBytes = 168;

    public EventHeader Header;
    public ulong ConnectionId;
    public ulong Sequence;
    public ulong DurationNs;

    /// <summary>Payload bytes, each counted once however often it was sent.</summary>
    public ulong BytesSent;

    public ulong BytesReceived;

    /// <summary>UDP datagrams; 0 for TCP.</summary>
    public ulong PacketsSent;

    public ulong PacketsReceived;
    public uint LostBefore;

    /// <summary>Positive errno of an attempt that failed; otherwise 0.</summary>
    public ushort Error;

    public ushort LocalPort;
    public ushort PeerPort;
    public ConnectionAction Action;
    public ConnectionDirection Direction;

    /// <summary>AF_INET 2, AF_INET6 10; 0 when no address is known.</summary>
    public byte Family;

    /// <summary>IPPROTO_TCP 6, IPPROTO_UDP 17.</summary>
    public byte Transport;

    public Reserved2 Reserved;
    public Address16 LocalAddress;
    public Address16 PeerAddress;
}
