// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Batching;

/// <summary>What the samples of a batch have in common and none of them holds: where they come from, and what makes wall time of their ktime.</summary>
/// <param name="Origin">The run that they come from.</param>
/// <param name="ClockOffsetNs">Added to a sample's ktime to give nanoseconds since the Unix epoch.</param>
/// <param name="ObservedUnixNs">Unix nanoseconds at which the collector handed the batch on: the events' observed time.</param>
public readonly record struct BatchStamp(EventOrigin Origin, long ClockOffsetNs, long ObservedUnixNs = 0)
{
    /// <summary>Of a batch that nobody has stamped yet.</summary>
    public static BatchStamp None { get; } = new(EventOrigin.Unknown, 0);
}
