// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Encoding;

/// <summary>One event as one MessagePack map with the names of the JSON encoding; the payload is <c>bin</c> under <c>body</c>.</summary>
public sealed class MessagePackEventEncoder : IEventEncoder
{
    private readonly ulong _runId;
    private readonly byte[] _hostField;

    public MessagePackEventEncoder(EventContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _runId = context.RunId;
        _hostField = EncodeHost(context.HostNameUtf8.Span);
    }

    /// <inheritdoc/>
    public string ContentType => "application/vnd.msgpack";

    /// <inheritdoc/>
    public bool TryEncode(ReadOnlySpan<byte> sample, long clockOffsetNs, OutputBuffer output)
    {
        var writer = new MessagePackFieldWriter(output.GetSpan(EventWriter.MaxBytes(sample.Length, _hostField.Length)));
        if (!EventWriter.TryWrite(ref writer, sample, clockOffsetNs, _runId, _hostField))
        {
            return false;
        }

        output.Advance(writer.Finish());
        return true;
    }

    private static byte[] EncodeHost(ReadOnlySpan<byte> hostName)
    {
        var writer = new MessagePackFieldWriter(new byte[EventWriter.MaxBytes(hostName.Length, 0)]);
        writer.Text(EventField.HostName, hostName);
        return writer.Fields.ToArray();
    }
}
