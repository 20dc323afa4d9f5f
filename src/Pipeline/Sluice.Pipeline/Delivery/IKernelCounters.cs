// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>Gives the kernel's counters to the loss ledger.</summary>
public interface IKernelCounters
{
    /// <summary>
    /// The counters now, cumulative and never going back. Does not block; called from any thread, about twice a second, and once more
    /// when the pipeline completes: the maps behind it must stay open until then.
    /// </summary>
    KernelCounts Read();
}
