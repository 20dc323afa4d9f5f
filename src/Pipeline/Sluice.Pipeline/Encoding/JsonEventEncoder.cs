// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>One event as one JSON object (RFC 8259) without a line break; docs/event-schema.md lists its fields.</summary>
public sealed class JsonEventEncoder : IEventEncoder
{
    /// <inheritdoc/>
    public string ContentType => "application/json";

    /// <inheritdoc/>
    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        byte[] hostField = stamp.Origin.JsonHostField;
        var writer = new JsonFieldWriter(output.GetSpan(EventWriter.MaxBytes(sample.Length, hostField.Length)));
        if (!EventWriter.TryWrite(ref writer, sample, stamp, hostField))
        {
            return false;
        }

        output.Advance(writer.Finish());
        return true;
    }

    internal static byte[] EncodeHost(ReadOnlySpan<byte> hostName)
    {
        byte[] field = new byte[EventWriter.MaxBytes(hostName.Length, 0)];
        var writer = new JsonFieldWriter(field);
        writer.Text(EventField.HostName, hostName);
        return field[..writer.Length];
    }
}
