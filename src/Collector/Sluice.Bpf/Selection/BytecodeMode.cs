// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Selection;

/// <summary>Which flavour of bytecode is wanted. The numbers are those of <c>--btf</c>.</summary>
public enum BytecodeMode
{
    /// <summary>CO-RE where BTF is known, fixed offsets elsewhere.</summary>
    Auto = 0,

    /// <summary>Relocated against the kernel's BTF when it is loaded.</summary>
    Core = 1,

    /// <summary>Compiled against kernel headers; needs no BTF.</summary>
    NonCore = 2,
}
