// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Files;

/// <summary>Takes batches through an encoder to a line output and reports each sample's outcome. Not thread-safe.</summary>
internal sealed class LinePump : IDisposable
{
    private readonly IEventEncoder _encoder;
    private readonly ILineOutput _output;
    private readonly SinkLedger _ledger;
    private readonly LineBuffer _lines = new();

    public LinePump(IEventEncoder encoder, ILineOutput output, SinkLedger ledger)
    {
        _encoder = encoder;
        _output = output;
        _ledger = ledger;
    }

    /// <summary>Writes the batch: one write, or one for every <see cref="LineBuffer.FullBytes"/>.</summary>
    /// <exception cref="SinkException">The target takes no more; the outcomes of what it took are reported.</exception>
    public void Write(SampleBatch batch, CancellationToken cancellationToken)
    {
        _lines.Clear();
        BatchStamp stamp = batch.Stamp;
        int malformed = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            if (!_lines.TryAdd(_encoder, batch[i], stamp))
            {
                malformed++;
            }
            else if (_lines.IsFull)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteOut();
            }
        }

        if (malformed != 0)
        {
            _ledger.AddDropped(DropReason.Malformed, malformed);
        }

        WriteOut();
    }

    public void Dispose() => _output.Dispose();

    private void WriteOut()
    {
        if (_lines.Count == 0)
        {
            return;
        }

        WriteOutcome outcome = _output.Write(_lines);
        _lines.Clear();
        _ledger.AddDelivered(outcome.Lines);
        if (outcome.Failure is not null)
        {
            throw outcome.Failure;
        }
    }
}
