// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_tc_hook</c> of libbpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct bpf_tc_hook
{
    public const int BPF_TC_INGRESS = 1 << 0;
    public const int BPF_TC_EGRESS = 1 << 1;

    public nuint sz;
    public int ifindex;
    public int attach_point;
    public uint parent;
}
