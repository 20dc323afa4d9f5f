// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>The spool of a sink, as its URI asks for it.</summary>
/// <param name="Directory">Where its file lies; no other sink's.</param>
public sealed record SpoolOptions(string Directory)
{
    /// <summary>At 50,000 events/s of 256 B, ten minutes of outage; at the rate of one busy web server, a day.</summary>
    public const long DefaultMaxBytes = 10L << 30;

    /// <summary>Less would not even hold the journal and a few batches.</summary>
    public const long LeastMaxBytes = 4L << 20;

    /// <summary>Bytes of disk that it may take, journal included.</summary>
    public long MaxBytes { get; init; } = DefaultMaxBytes;

    /// <summary>What comes while it is full is dropped; else the reader waits.</summary>
    public bool DropsWhenFull { get; init; }
}
