// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct btf_var_secinfo</c> of linux/btf.h: where a variable lies in its section.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct btf_var_secinfo
{
    public uint type;
    public uint offset;
    public uint size;
}
