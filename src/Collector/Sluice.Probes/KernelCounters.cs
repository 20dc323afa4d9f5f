// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes;

/// <summary>
/// What the programs counted, summed over all CPUs; the totals of <c>struct sluice_cpu_stats</c> in bpf/include/event.h.
/// <see cref="Submitted"/> minus the three Lost counters is what user space must have read.
/// </summary>
public readonly record struct KernelCounters
{
    /// <summary>Samples that should have reached user space.</summary>
    public ulong Submitted { get; init; }

    /// <summary>Lost because the ring or perf buffer had no room.</summary>
    public ulong LostRingFull { get; init; }

    /// <summary>Lost because a state map had no slot for the call.</summary>
    public ulong LostMapFull { get; init; }

    /// <summary>Lost because every scratch buffer of the CPU was in use (perf transport).</summary>
    public ulong LostNoScratch { get; init; }

    /// <summary>Samples sent without payload because user memory could not be read. Not a loss of the sample.</summary>
    public ulong ReadFaults { get; init; }

    /// <summary>Calls cut by the payload limit.</summary>
    public ulong CutByLimit { get; init; }

    /// <summary>Calls left out by the PID, UID or cgroup filter.</summary>
    public ulong FilteredCalls { get; init; }

    /// <summary>Runs of programs that the kernel left out and no other made up for, at most. No sample is known to be missing, so it is no part of <see cref="Submitted"/>.</summary>
    public ulong SkippedRuns { get; init; }
}
