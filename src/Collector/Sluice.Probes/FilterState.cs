// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes;

/// <summary>Mirrors <c>struct sluice_filters</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct FilterState
{
    public uint PidFilter;
    public uint UidFilter;

    /// <summary>Entries of the map <c>cgroup_filter</c> that are looked at.</summary>
    public uint CgroupFilter;

    public uint Reserved;
}
