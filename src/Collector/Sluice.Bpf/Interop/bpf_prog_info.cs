// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors the part of <c>struct bpf_prog_info</c> (linux/bpf.h) that is read. All zero, it asks for no list.</summary>
[StructLayout(LayoutKind.Explicit, Size = 216)]
internal struct bpf_prog_info
{
    [FieldOffset(0)]
    public uint type;

    /// <summary>Linux 5.12; stays 0 before.</summary>
    [FieldOffset(208)]
    public ulong recursion_misses;
}
