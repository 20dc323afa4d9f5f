// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_uprobe_opts</c> of libbpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct bpf_uprobe_opts
{
    public nuint sz;
    public nuint ref_ctr_offset;
    public ulong bpf_cookie;
    public byte retprobe;
    public byte* func_name;
}
