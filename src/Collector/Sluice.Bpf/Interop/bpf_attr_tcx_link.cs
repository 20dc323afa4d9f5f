// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors the <c>link_create.tcx</c> part of <c>union bpf_attr</c> (linux/bpf.h of Linux 6.6).</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct bpf_attr_tcx_link
{
    public uint prog_fd;
    public uint target_ifindex;
    public uint attach_type;
    public uint flags;
    public uint relative_fd;
    public uint reserved;
    public ulong expected_revision;
}
