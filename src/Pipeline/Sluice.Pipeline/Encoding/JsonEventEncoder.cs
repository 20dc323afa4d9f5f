// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Encoding;

/// <summary>One event as one JSON object (RFC 8259) without a line break; docs/event-schema.md lists its fields.</summary>
public sealed class JsonEventEncoder : IEventEncoder
{
    private readonly ulong _runId;
    private readonly byte[] _hostField;

    public JsonEventEncoder(EventContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _runId = context.RunId;
        _hostField = EncodeHost(context.HostNameUtf8.Span);
    }

    /// <inheritdoc/>
    public string ContentType => "application/json";

    /// <inheritdoc/>
    public bool TryEncode(ReadOnlySpan<byte> sample, long clockOffsetNs, OutputBuffer output)
    {
        var writer = new JsonFieldWriter(output.GetSpan(EventWriter.MaxBytes(sample.Length, _hostField.Length)));
        if (!EventWriter.TryWrite(ref writer, sample, clockOffsetNs, _runId, _hostField))
        {
            return false;
        }

        output.Advance(writer.Finish());
        return true;
    }

    private static byte[] EncodeHost(ReadOnlySpan<byte> hostName)
    {
        byte[] field = new byte[EventWriter.MaxBytes(hostName.Length, 0)];
        var writer = new JsonFieldWriter(field);
        writer.Text(EventField.HostName, hostName);
        return field[..writer.Length];
    }
}
