// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;

namespace Sluice.Sinks.Files;

/// <summary>
/// Samples as they came, with what is needed to read them on another host at another time: a recording, for <c>sluice replay</c>
/// (docs/specs/raw-format.md). A sample counts as delivered when the kernel has taken its whole frame.
/// </summary>
/// <remarks>Each run is a recording of its own: a recording of an earlier run at the same path is put aside as at a rotation.</remarks>
public sealed class RawSink : ISink
{
    private readonly RawSinkOptions _options;
    private readonly TimeProvider _clock;
    private readonly RecordingWriter _writer = new();
    private readonly LineBuffer _frame = new();
    private readonly OutputBuffer _head = new(RecordingWriter.FileHeaderBytes);
    private ILineOutput? _output;

    /// <param name="options">Where to write.</param>
    /// <param name="clock">Tells the age of files; the system's when null.</param>
    public RawSink(RawSinkOptions options, TimeProvider? clock = null)
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
        if (_options.Path is not { } path)
        {
            _output = BeginStream(StreamOutput.OpenStandardOutput());
            return;
        }

        FileStream stream = await PathOpening.OpenAsync(path, _clock, cancellationToken).ConfigureAwait(false);
        if (!stream.CanSeek)
        {
            _output = BeginStream(new StreamOutput(path, stream));
            return;
        }

        await stream.DisposeAsync().ConfigureAwait(false);
        ThrowIfForeign(path);
        _output = new RotatingFile(path, _options.Rotation, _clock, head: MakeHead);
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ILineOutput output = _output ?? throw new InvalidOperationException("The sink was not started.");
        _frame.Clear();
        int samples = _writer.WriteBatch(batch, _frame.Output);
        if (samples < batch.Count)
        {
            Ledger.AddDropped(DropReason.Malformed, batch.Count - samples);
        }

        if (samples != 0)
        {
            _frame.EndLine();
            WriteOutcome outcome = output.Write(_frame);
            Ledger.AddDelivered(outcome.Lines == 0 ? 0 : samples);
            if (outcome.Failure is not null)
            {
                throw outcome.Failure;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing is held back: every outcome is known when a write returns.</summary>
    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _output?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A file that is no recording is not ours to put aside.</summary>
    private static void ThrowIfForeign(string path)
    {
        Span<byte> start = stackalloc byte[RecordingWriter.FileHeaderBytes];
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (read == 0 || RecordingWriter.IsRecording(start[..read]))
            {
                return;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnOpen(path, e);
        }

        throw new SinkException($"Cannot record to {path}: it exists and is not a recording; name another path, or remove it first.") { IsConfiguration = true };
    }

    private StreamOutput BeginStream(StreamOutput stream)
    {
        _frame.Clear();
        _frame.Output.Write(MakeHead().Span);
        _frame.EndLine();
        return stream.Write(_frame).Failure is { } failure ? throw failure : stream;
    }

    private ReadOnlyMemory<byte> MakeHead()
    {
        _head.Clear();
        _writer.WriteFileHeader(_clock.GetUtcNow(), _head);
        return _head.WrittenMemory;
    }
}
