// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors the <c>link_create.perf_event</c> part of <c>union bpf_attr</c> (linux/bpf.h of Linux 5.15).</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct bpf_attr_perf_link
{
    public uint prog_fd;
    public uint target_fd;
    public uint attach_type;
    public uint flags;
    public ulong bpf_cookie;
}
