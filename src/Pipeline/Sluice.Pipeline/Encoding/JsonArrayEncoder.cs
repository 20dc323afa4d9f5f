// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>Many events as one JSON array (RFC 8259) of the objects that <see cref="JsonEventEncoder"/> writes, without a line break.</summary>
public sealed class JsonArrayEncoder : IEventBatchEncoder
{
    private readonly JsonEventEncoder _events = new();
    private int _count;

    /// <inheritdoc/>
    public string ContentType => _events.ContentType;

    /// <inheritdoc/>
    public int EndBytes => 1;

    /// <inheritdoc/>
    public void Begin(EventOrigin origin, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("["u8);
        _count = 0;
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int start = output.Length;
        if (_count > 0)
        {
            output.Write(","u8);
        }

        if (!_events.TryEncode(sample, stamp, output))
        {
            output.Truncate(start);
            return false;
        }

        _count++;
        return true;
    }

    /// <inheritdoc/>
    public void Undo() => _count--;

    /// <inheritdoc/>
    public void End(OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("]"u8);
    }
}
