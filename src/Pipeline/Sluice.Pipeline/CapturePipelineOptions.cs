// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline;

/// <summary>What can be set for a whole pipeline.</summary>
public sealed record CapturePipelineOptions
{
    /// <summary>Bytes of one batch; no sample can be longer.</summary>
    public int BatchBytes { get; init; } = BatchPool.DefaultArenaBytes;

    /// <summary>Idle batches of each size that are kept for reuse, for at most <see cref="ReportInterval"/> after the last need.</summary>
    public int IdleBatches { get; init; } = BatchPool.DefaultKeepAtMost;

    /// <summary>
    /// How often the ledger file is written, loss is reported in the stream and idle memory is given up. One second is what --ledger promises; tests use less.
    /// </summary>
    public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(1);
}
