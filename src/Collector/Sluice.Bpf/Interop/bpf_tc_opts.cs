// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_tc_opts</c> of libbpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct bpf_tc_opts
{
    public nuint sz;
    public int prog_fd;
    public uint flags;
    public uint prog_id;
    public uint handle;
    public uint priority;
}
