// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline;

/// <summary>What can be set for a whole pipeline.</summary>
public sealed record CapturePipelineOptions
{
    /// <summary>Bytes of one batch; no sample can be longer.</summary>
    public int BatchBytes { get; init; } = BatchPool.DefaultArenaBytes;

    /// <summary>Idle batches of each size that are kept for reuse. 64 of 256 KiB are 16 MiB, and only after a burst that needed them.</summary>
    public int IdleBatches { get; init; } = 64;

    /// <summary>
    /// How often the ledger file is written and loss is reported in the stream. One second is what --ledger promises; tests use less.
    /// </summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);
}
