// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes.OpenSsl;

/// <summary>Mirrors <c>struct sluice_self</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct SelfState
{
    public uint Tgid;

    /// <summary>1: the constant <c>kernel</c> was tried and holds.</summary>
    public uint KernelProven;
}
