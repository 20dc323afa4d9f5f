// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text.Json;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The kernel's counters since the start of the capture, all CPUs and programs together; the sum of <c>struct sluice_cpu_stats</c>
/// over the map <c>stats</c>.
/// </summary>
/// <param name="Submitted">Samples that should reach user space, lost ones included.</param>
/// <param name="LostRingFull">Lost: the ring or perf buffer had no room.</param>
/// <param name="LostMapFull">Lost: no state slot for the call's thread.</param>
/// <param name="LostNoScratch">Lost: every scratch buffer of the CPU was in use (perf transport).</param>
/// <param name="ReadFaults">Samples that arrived without payload because user memory could not be read.</param>
/// <param name="CutByLimit">Calls cut by the payload limit.</param>
/// <param name="FilteredCalls">Calls left out by the PID, UID or cgroup filter; not part of <paramref name="Submitted"/>.</param>
public readonly record struct KernelCounts(
    long Submitted,
    long LostRingFull,
    long LostMapFull,
    long LostNoScratch,
    long ReadFaults,
    long CutByLimit,
    long FilteredCalls)
{
    private static readonly string[] s_causeNames =
        Array.ConvertAll(Enum.GetNames<KernelLossCause>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);

    /// <summary>
    /// Runs of programs that the kernel left out, at most: what they would have seen may be missing and is not part of <see cref="Submitted"/>, because nobody
    /// knows whether they would have submitted anything.
    /// </summary>
    public long SkippedRuns { get; init; }

    /// <summary>Number of causes; they are numbered from 0.</summary>
    public static int CauseCount => s_causeNames.Length;

    /// <summary>Samples lost by all causes.</summary>
    public long LostTotal => LostRingFull + LostMapFull + LostNoScratch;

    /// <summary>The name of a cause in ledgers and <c>capture.loss</c> events, such as <c>ring_full</c>.</summary>
    public static string CauseName(KernelLossCause cause) => s_causeNames[(int)cause];

    /// <summary>Samples lost by one cause.</summary>
    public long Lost(KernelLossCause cause) => cause switch
    {
        KernelLossCause.RingFull => LostRingFull,
        KernelLossCause.MapFull => LostMapFull,
        KernelLossCause.NoScratch => LostNoScratch,
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    /// <summary>Sum of two sources, such as two modules of one capture.</summary>
    public static KernelCounts operator +(KernelCounts left, KernelCounts right) => Add(left, right);

    /// <summary>Sum of two sources, such as two modules of one capture.</summary>
    public static KernelCounts Add(KernelCounts left, KernelCounts right) => new(
        left.Submitted + right.Submitted,
        left.LostRingFull + right.LostRingFull,
        left.LostMapFull + right.LostMapFull,
        left.LostNoScratch + right.LostNoScratch,
        left.ReadFaults + right.ReadFaults,
        left.CutByLimit + right.CutByLimit,
        left.FilteredCalls + right.FilteredCalls)
    {
        SkippedRuns = left.SkippedRuns + right.SkippedRuns,
    };
}
