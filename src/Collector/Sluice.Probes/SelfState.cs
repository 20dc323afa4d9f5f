// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Sluice.Probes.Offsets;

namespace Sluice.Probes;

/// <summary>Mirrors <c>struct sluice_self</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct SelfState
{
    public uint Tgid;

    /// <summary>What of the constant <c>kernel</c> was tried and holds.</summary>
    public KernelProof KernelProven;
}
