// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Files;

/// <summary>
/// One JSON object per line, to a file or to standard output. A sample counts as delivered when the kernel has taken its whole
/// line; what is on the disk after a power cut is the file system's business.
/// </summary>
public sealed class JsonLinesSink : ISink
{
    private readonly JsonLinesSinkOptions _options;
    private readonly JsonEventEncoder _encoder = new();
    private readonly TimeProvider _clock;
    private LinePump? _pump;

    /// <param name="options">Where to write.</param>
    /// <param name="clock">Tells the age of files; the system's when null.</param>
    public JsonLinesSink(JsonLinesSinkOptions options, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _clock = clock ?? TimeProvider.System;
        Ledger = new SinkLedger(options.Name);
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

    /// <inheritdoc/>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        ILineOutput output = _options.Path is { } path
            ? await OpenPathAsync(path, cancellationToken).ConfigureAwait(false)
            : StreamOutput.OpenStandardOutput();
        _pump = new LinePump(_encoder, output, Ledger);
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

    private async Task<ILineOutput> OpenPathAsync(string path, CancellationToken cancellationToken)
    {
        FileStream stream = await PathOpening.OpenAsync(path, _clock, cancellationToken).ConfigureAwait(false);
        if (!stream.CanSeek)
        {
            // A named pipe, or the shell's >(command).
            return new StreamOutput(path, stream);
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        return new RotatingFile(path, _options.Rotation, _clock);
    }
}
