// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes.Connections;

/// <summary>Mirrors <c>struct udp_clock</c> of bpf/include/connections/udp_maps.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UdpClock
{
    public ulong AttachedNs;
    public ulong Released;
}
