// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Ordering;

/// <summary>How much the order may cost.</summary>
public sealed record ResequencerOptions
{
    /// <summary>
    /// Longest time a sample waits for its predecessors. They are missing because they lie in another CPU's buffer, which the same pass over the
    /// buffers, or the next one some milliseconds later, empties; or because their writer was preempted between taking its number and writing.
    /// 20 ms is several passes. Too short: order is given up on a loaded machine, visibly (a gap); too long: latency after real gaps.
    /// </summary>
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Most bytes held back. 8 MiB is two CPUs' perf buffers of the default size: what one pass can find before it comes to a predecessor.
    /// </summary>
    public int MaxHeldBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most connections and directions whose next number is remembered; the ones that have been quiet longest are forgotten.</summary>
    public int MaxStreams { get; init; } = 65536;
}
