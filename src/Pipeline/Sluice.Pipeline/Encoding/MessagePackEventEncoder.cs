// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>One event as one MessagePack map with the names of the JSON encoding; the payload is <c>bin</c> under <c>body</c>.</summary>
public sealed class MessagePackEventEncoder : IEventEncoder
{
    /// <inheritdoc/>
    public string ContentType => "application/vnd.msgpack";

    /// <inheritdoc/>
    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        byte[] hostField = stamp.Origin.MessagePackHostField;
        var writer = new MessagePackFieldWriter(output.GetSpan(EventWriter.MaxBytes(sample.Length, hostField.Length)));
        if (!EventWriter.TryWrite(ref writer, sample, stamp, hostField))
        {
            return false;
        }

        output.Advance(writer.Finish());
        return true;
    }

    internal static byte[] EncodeHost(ReadOnlySpan<byte> hostName)
    {
        var writer = new MessagePackFieldWriter(new byte[EventWriter.MaxBytes(hostName.Length, 0)]);
        writer.Text(EventField.HostName, hostName);
        return writer.Fields.ToArray();
    }
}
