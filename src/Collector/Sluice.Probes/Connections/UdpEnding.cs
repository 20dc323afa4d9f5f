// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes.Connections;

/// <summary>Mirrors <c>struct udp_ending</c> of bpf/include/connections/udp_maps.h: a flow that may be over.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UdpEnding
{
    public UdpKey Key;
    public ulong ReleasedNs;
}
