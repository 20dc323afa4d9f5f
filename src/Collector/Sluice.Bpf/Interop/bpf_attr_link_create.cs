// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors the <c>link_create.uprobe_multi</c> part of <c>union bpf_attr</c> (linux/bpf.h of Linux 6.6).</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct bpf_attr_link_create
{
    public uint prog_fd;
    public uint target_fd;
    public uint attach_type;
    public uint flags;
    public ulong path;
    public ulong offsets;
    public ulong ref_ctr_offsets;
    public ulong cookies;
    public uint cnt;
    public uint uprobe_flags;

    /// <summary>0 = all processes.</summary>
    public uint pid;
}
