// SPDX-License-Identifier: Apache-2.0
using System.Threading;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Stands in for the kernel where samples come from elsewhere (a recording, a test): what was fed in was submitted, nothing was lost.
/// Thread-safe.
/// </summary>
public sealed class FedCounters : IKernelCounters
{
    private long _submitted;

    /// <summary>Counts samples that are about to be given to an intake.</summary>
    public void AddSubmitted(long count) => Interlocked.Add(ref _submitted, count);

    // Pairs with the Interlocked.Add above: a snapshot sees every sample announced before it.
    /// <inheritdoc/>
    public KernelCounts Read() => new(Volatile.Read(ref _submitted), 0, 0, 0, 0, 0, 0);
}
