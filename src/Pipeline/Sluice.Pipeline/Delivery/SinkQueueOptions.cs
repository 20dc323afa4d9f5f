// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>The queue in front of one sink.</summary>
public sealed record SinkQueueOptions
{
    /// <summary>
    /// 64 MiB: at 500,000 events/s of 256 B this is about a third of a second, at the rate of one busy web server tens of seconds.
    /// Larger rides out longer stalls for as much memory; smaller reaches the overflow policy sooner.
    /// </summary>
    public const long DefaultMaxBytes = 64L * 1024 * 1024;

    /// <summary>Bytes of batches that may wait; arenas count in full, so this bounds memory.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>What happens when they do not fit.</summary>
    public OverflowPolicy Overflow { get; init; } = OverflowPolicy.Block;

    /// <summary>Where they go then, for <see cref="OverflowPolicy.Spool"/>; not opened yet. The pipeline opens and disposes it.</summary>
    public IBatchSpool? Spool { get; init; }

    /// <summary>What comes while the spool is full is dropped; else the reader waits.</summary>
    public bool DropsWhenSpoolIsFull { get; init; }
}
