// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct btf_member</c> of linux/btf.h, which follow the <see cref="btf_type"/> of a struct.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct btf_member
{
    public uint name_off;
    public uint type;

    /// <summary>In bits; with the type's kind_flag, the upper byte is a bit field's width.</summary>
    public uint offset;
}
