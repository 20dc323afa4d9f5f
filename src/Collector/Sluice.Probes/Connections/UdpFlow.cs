// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes.Connections;

/// <summary>As large as <c>struct udp_flow</c> of bpf/include/connections/udp.h, of which user space looks at the status only. A map of another size refuses it.</summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
internal struct UdpFlow
{
    /// <summary>Of the status, the key and <c>struct tracked</c>.</summary>
    private const int SizeBytes = 48 + 32 + 136;

    public UdpStatus Status;
}
