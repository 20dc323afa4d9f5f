// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Wire;

/// <summary>The fixed part of a TLS plaintext sample; mirrors <c>struct sluice_tls_data</c> in bpf/include/event.h (152 bytes).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = SizeInBytes)]
public struct TlsDataHeader
{
    public const int SizeInBytes = 152;

    public EventHeader Header;
    public ulong ConnectionId;
    public ulong Sequence;
    public ulong CallSize;
    public ulong CallOffset;
    public uint PayloadSize;
    public uint LostBefore;

    /// <summary>Socket descriptor, -1 when not known.</summary>
    public int Fd;

    /// <summary>0x0301..0x0304, 0xfeff, 0xfefd; 0 when not known.</summary>
    public ushort TlsVersion;

    public ushort LocalPort;
    public ushort PeerPort;
    public TrafficDirection Direction;
    public TlsLibrary Library;

    /// <summary>AF_UNIX 1, AF_INET 2, AF_INET6 10; 0 when no address is known.</summary>
    public byte Family;

    /// <summary>IPPROTO_TCP 6, IPPROTO_UDP 17; 0 when neither or not known.</summary>
    public byte Transport;

    public AddressSource AddressSource;
    public byte Reserved;
    public Address16 LocalAddress;
    public Address16 PeerAddress;
}

/// <summary>An IP address in network order; an IPv4 address takes the first four bytes.</summary>
[InlineArray(16)]
public struct Address16
{
    private byte _first;
}
