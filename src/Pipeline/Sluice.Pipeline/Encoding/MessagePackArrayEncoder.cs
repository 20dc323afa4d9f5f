// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>Many events as one MessagePack array (<c>array 32</c>) of the maps that <see cref="MessagePackEventEncoder"/> writes.</summary>
public sealed class MessagePackArrayEncoder : IEventBatchEncoder
{
    private const byte Array32 = 0xdd;

    private readonly MessagePackEventEncoder _events = new();
    private int _countAt;
    private uint _count;

    /// <inheritdoc/>
    public string ContentType => _events.ContentType;

    /// <summary>None: the number of events goes to its place at the head.</summary>
    public int EndBytes => 0;

    /// <inheritdoc/>
    public void Begin(EventOrigin origin, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write([Array32, 0, 0, 0, 0]);
        _countAt = output.Length - sizeof(uint);
        _count = 0;
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        bool isAppended = _events.TryEncode(sample, stamp, output);
        _count += isAppended ? 1u : 0;
        return isAppended;
    }

    /// <inheritdoc/>
    public void Undo() => _count--;

    /// <inheritdoc/>
    public void End(OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        BinaryPrimitives.WriteUInt32BigEndian(output.WrittenBytes(_countAt, sizeof(uint)), _count);
    }
}
