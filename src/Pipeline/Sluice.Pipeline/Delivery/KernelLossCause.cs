// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Why the kernel side lost a sample; one per <c>lost_*</c> counter of <c>struct sluice_cpu_stats</c> in bpf/include/event.h.
/// Names in the ledger are the snake_case form.
/// </summary>
public enum KernelLossCause
{
    /// <summary>The ring or perf buffer had no room.</summary>
    RingFull,

    /// <summary>No state slot for the call's thread.</summary>
    MapFull,

    /// <summary>Perf transport: every scratch buffer of the CPU was in use.</summary>
    NoScratch,
}
