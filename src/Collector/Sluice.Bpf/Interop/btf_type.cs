// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct btf_type</c> of linux/btf.h; a DATASEC is followed by <see cref="vlen"/> × <see cref="btf_var_secinfo"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct btf_type
{
    public uint name_off;
    public uint info;
    public uint size_or_type;

    /// <summary>BTF_INFO_VLEN of linux/btf.h.</summary>
    public readonly int vlen => (int)(info & 0xffff);

    /// <summary>BTF_INFO_KIND of linux/btf.h.</summary>
    public readonly uint kind => (info >> 24) & 0x1f;
}
