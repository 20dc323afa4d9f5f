// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>Why a sample that was read did not reach a sink. Names in the ledger are the snake_case form.</summary>
public enum DropReason
{
    /// <summary>The sink's queue was full and its policy is <c>drop-newest</c>.</summary>
    QueueFull,

    /// <summary>The time budget of the stop ended before the sample was handed over or acknowledged.</summary>
    DrainTimeout,

    /// <summary>The sink failed for good (disk full, I/O error).</summary>
    SinkFailed,

    /// <summary>The reader of our output pipe went away.</summary>
    PipeClosed,

    /// <summary>Larger than the target takes and no dead-letter target was named.</summary>
    Oversize,

    /// <summary>The far end did not acknowledge it within the delivery timeout.</summary>
    DeliveryTimeout,

    /// <summary>The sample could not be decoded.</summary>
    Malformed,

    /// <summary>The spool had reached its limit, or its disk was full, and what comes then is to be dropped.</summary>
    SpoolFull,

    /// <summary>What the spool had kept could not be read back: its part of the file is damaged.</summary>
    SpoolDamaged,
}
