// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Where events go. One worker of the pipeline calls the methods of a sink, one call at a time and in order;
/// acknowledgements may be reported to the <see cref="SinkLedger"/> from any thread.
/// </summary>
/// <remarks>
/// For every sample of a batch that <see cref="WriteAsync"/> took, the sink reports exactly one outcome to its ledger, at once or later:
/// delivered, dropped (with a reason) or rejected. What has no outcome yet is pending.
/// </remarks>
public interface ISink : IAsyncDisposable
{
    /// <summary>The sink's counters.</summary>
    SinkLedger Ledger { get; }

    /// <summary>Opens files or connections.</summary>
    /// <exception cref="SinkException">The target cannot be used: a bad path, a refused login, a full disk.</exception>
    ValueTask StartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes a batch. The batch is the caller's: it lives until the returned task completes; a sink that needs it longer takes
    /// a reference of its own. Waiting here is back-pressure.
    /// </summary>
    /// <exception cref="SinkException">
    /// The sink cannot go on (disk full, closed pipe). Outcomes must have been reported for the samples that were written;
    /// the pipeline counts the rest of the batch, and what follows, as dropped with the exception's reason.
    /// </exception>
    ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken);

    /// <summary>Returns when everything taken so far has its outcome, or throws when <paramref name="cancellationToken"/> ends the wait.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);
}
