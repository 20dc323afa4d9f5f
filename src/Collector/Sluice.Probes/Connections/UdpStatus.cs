// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes.Connections;

/// <summary>Mirrors <c>struct udp_status</c> of bpf/include/connections/udp_maps.h. Read while programs write: a hint, which the program <c>udp_end</c> judges.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UdpStatus
{
    public uint Lock;
    public byte InUse;
    public byte Gone;
    public byte Named;
    public byte Announced;
    public ulong LastNs;
    public ulong PacketsSent;
    public ulong PacketsReceived;
    public ulong BytesSent;
    public ulong BytesReceived;
}
