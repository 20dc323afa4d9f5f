// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>Readable text on standard output, for a person at a terminal. Payloads cannot steer the terminal.</summary>
public sealed class ConsoleSink : ISink
{
    private readonly ConsoleEventEncoder _encoder;
    private LinePump? _pump;

    public ConsoleSink(ConsoleSinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _encoder = new ConsoleEventEncoder(options.Hex, options.UseColor);
        Ledger = new SinkLedger(options.Name);
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

    /// <inheritdoc/>
    public ValueTask StartAsync(CancellationToken cancellationToken)
    {
        _pump = new LinePump(_encoder, StreamOutput.OpenStandardOutput(), Ledger);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        LinePump pump = _pump ?? throw new InvalidOperationException("The sink was not started.");
        pump.Write(batch, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing is held back: every outcome is known when a write returns.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pump?.Dispose();
        return ValueTask.CompletedTask;
    }
}
