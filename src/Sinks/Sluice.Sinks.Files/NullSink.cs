// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>Counts samples as delivered and does nothing else: to measure what comes before a sink.</summary>
public sealed class NullSink : ISink
{
    public NullSink(NullSinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Ledger = new SinkLedger(options.Name);
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

    /// <inheritdoc/>
    public ValueTask StartAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        Ledger.AddDelivered(batch.Count);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
