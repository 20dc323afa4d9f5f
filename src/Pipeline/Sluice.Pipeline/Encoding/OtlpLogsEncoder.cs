// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>
/// Many events as one ExportLogsServiceRequest of OTLP, in Protocol Buffers: one ResourceLogs for the origin, in it one ScopeLogs, in it a LogRecord for each
/// event. docs/event-schema.md says which field becomes what.
/// </summary>
/// <remarks>
/// Messages in messages have their length before them, which is known behind them. Its place is kept at full width, so that no byte of a
/// record is ever moved.
/// </remarks>
public sealed class OtlpLogsEncoder : IEventBatchEncoder
{
    /// <summary>A length of 32 bits at its widest.</summary>
    private const int LengthBytes = 5;

    private static readonly byte[] s_scope = OtlpMessage.Scope();

    private int _resourceLogsAt;
    private int _scopeLogsAt;

    /// <inheritdoc/>
    public string ContentType => "application/x-protobuf";

    /// <summary>None: what stands open gets its length, for which there is room already.</summary>
    public int EndBytes => 0;

    /// <inheritdoc/>
    public void Begin(EventOrigin origin, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(output);
        _resourceLogsAt = OpenMessage(OtlpTag.RequestResourceLogs, output);
        output.Write(origin.OtlpResource);
        _scopeLogsAt = OpenMessage(OtlpTag.ResourceLogsScopeLogs, output);
        output.Write(s_scope);
    }

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        int room = EventWriter.MaxBytes(sample.Length, 0);
        var writer = new OtlpFieldWriter(output.GetSpan(room)[..room], stamp.ObservedUnixNs);
        if (!EventWriter.TryWrite(ref writer, sample, stamp, default))
        {
            return false;
        }

        output.Advance(writer.Finish());
        return true;
    }

    /// <inheritdoc/>
    /// <remarks>Nothing to do: no count of the events is kept.</remarks>
    public void Undo()
    {
    }

    /// <inheritdoc/>
    public void End(OutputBuffer output)
    {
        CloseMessage(_scopeLogsAt, output);
        CloseMessage(_resourceLogsAt, output);
    }

    private static int OpenMessage(byte tag, OutputBuffer output)
    {
        int at = output.Length;
        output.GetSpan(1 + LengthBytes)[0] = tag;
        output.Advance(1 + LengthBytes);
        return at;
    }

    private static void CloseMessage(int at, OutputBuffer output) =>
        Varint.WritePadded(output.WrittenBytes(at + 1, LengthBytes), (uint)(output.Length - at - 1 - LengthBytes));
}
