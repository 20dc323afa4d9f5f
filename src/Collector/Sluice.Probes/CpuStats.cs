// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Probes;

/// <summary>Mirrors <c>struct sluice_cpu_stats</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct CpuStats
{
    public ulong Submitted;
    public ulong LostRingFull;
    public ulong LostMapFull;
    public ulong LostNoScratch;
    public ulong ReadFaults;
    public ulong CutByLimit;
    public ulong FilteredCalls;

    public static KernelCounters Sum(CpuStats[] cpus)
    {
        var sum = default(CpuStats);
        foreach (CpuStats cpu in cpus)
        {
            sum.Submitted += cpu.Submitted;
            sum.LostRingFull += cpu.LostRingFull;
            sum.LostMapFull += cpu.LostMapFull;
            sum.LostNoScratch += cpu.LostNoScratch;
            sum.ReadFaults += cpu.ReadFaults;
            sum.CutByLimit += cpu.CutByLimit;
            sum.FilteredCalls += cpu.FilteredCalls;
        }

        return new KernelCounters
        {
            Submitted = sum.Submitted,
            LostRingFull = sum.LostRingFull,
            LostMapFull = sum.LostMapFull,
            LostNoScratch = sum.LostNoScratch,
            ReadFaults = sum.ReadFaults,
            CutByLimit = sum.CutByLimit,
            FilteredCalls = sum.FilteredCalls,
        };
    }
}
