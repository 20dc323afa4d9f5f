// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Probes.Connections;

/// <summary>Mirrors <c>struct udp_key</c> of bpf/include/connections/udp_maps.h: a socket and one peer.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UdpKey
{
    public ulong Cookie;
    public PeerAddress Peer;
    public ushort PeerPort;
    public ushort Family;
    public uint Reserved;

    [InlineArray(16)]
    public struct PeerAddress
    {
        private byte _first;
    }
}
