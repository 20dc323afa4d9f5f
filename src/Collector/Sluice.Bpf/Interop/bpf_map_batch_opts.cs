// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_map_batch_opts</c> of libbpf's bpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct bpf_map_batch_opts
{
    public nuint sz;
    public ulong elem_flags;
    public ulong flags;
}
