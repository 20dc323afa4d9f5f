// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_map_create_opts</c> of libbpf's bpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct bpf_map_create_opts
{
    public nuint sz;
    public uint btf_fd;
    public uint btf_key_type_id;
    public uint btf_value_type_id;
    public uint btf_vmlinux_value_type_id;
    public uint inner_map_fd;
    public uint map_flags;
    public ulong map_extra;
    public uint numa_node;
    public uint map_ifindex;
}
