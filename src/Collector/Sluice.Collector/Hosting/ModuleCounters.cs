// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>The kernel's counters of all modules of a capture, for the ledger.</summary>
internal sealed class ModuleCounters : IKernelCounters
{
    private readonly IReadOnlyList<ICaptureModule> _modules;

    /// <param name="modules">Loaded; they stay open until the pipeline is complete.</param>
    public ModuleCounters(IReadOnlyList<ICaptureModule> modules) => _modules = modules;

    public KernelCounts Read()
    {
        var sum = default(KernelCounts);
        foreach (ICaptureModule module in _modules)
        {
            sum += Convert(module.ReadCounters());
        }

        return sum;
    }

    private static KernelCounts Convert(in KernelCounters counters) => new(
        Submitted: (long)counters.Submitted,
        LostRingFull: (long)counters.LostRingFull,
        LostMapFull: (long)counters.LostMapFull,
        LostNoScratch: (long)counters.LostNoScratch,
        ReadFaults: (long)counters.ReadFaults,
        CutByLimit: (long)counters.CutByLimit,
        FilteredCalls: (long)counters.FilteredCalls) { SkippedRuns = (long)counters.SkippedRuns };
}
