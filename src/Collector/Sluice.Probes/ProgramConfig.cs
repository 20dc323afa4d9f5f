// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes;

/// <summary>Mirrors <c>struct sluice_config</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal struct ProgramConfig
{
    /// <summary>0 ring buffer, 1 perf (<c>enum sluice_transport</c>).</summary>
    public uint Transport;

    public uint ShardMask;

    /// <summary>1: the filter by process is compiled in (<see cref="FilterState"/>).</summary>
    public uint PidFilter;

    public uint UidFilter;
    public uint CgroupFilter;

    public uint ScratchPerCpu;
    public ulong PayloadLimit;

    /// <summary>Which module of the run this is, from 0; stands in every sample.</summary>
    public uint Module;

    public uint Reserved;
}
