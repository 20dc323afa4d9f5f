// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO;
using System.IO.Compression;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Otlp;

/// <summary>One request while it is filled and sent. Not thread-safe; used again for the next one.</summary>
/// <remarks>
/// Events of another origin go into a ResourceLogs of their own. Protocol Buffers take two messages one behind the other for one with the lists of both, so
/// that is simply the next message of the encoder.
/// </remarks>
internal sealed class OtlpRequest
{
    private const int InitialBytes = 256 * 1024;

    private readonly OutputBuffer _output = new(InitialBytes);
    private readonly OtlpLogsEncoder _encoder = new();
    private readonly int _maxBytes;
    private readonly OtlpCompression _compression;
    private MemoryStream? _packed;
    private EventOrigin? _origin;

    /// <param name="maxBytes">The most bytes of a request before it is compressed.</param>
    /// <param name="compression">How it is packed.</param>
    public OtlpRequest(int maxBytes, OtlpCompression compression)
    {
        _maxBytes = maxBytes;
        _compression = compression;
        Clear();
    }

    /// <summary>Events in it.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the request so far.</summary>
    public int Bytes => _output.Length - OtlpMessageBytes.PrefixBytes;

    /// <summary>When its first event came, in the time of <see cref="Stopwatch"/>.</summary>
    public long FirstAppendedAt { get; private set; }

    /// <summary>Makes it a request with nothing in it: something that a server can take or refuse.</summary>
    public void FillWithNothing() => OpenMessage(EventOrigin.Unknown);

    /// <summary>Appends an event, if it fits. Otherwise the request is as it was.</summary>
    public AppendOutcome TryAppend(ReadOnlySpan<byte> sample, in BatchStamp stamp)
    {
        int before = _output.Length;
        bool opens = !ReferenceEquals(_origin, stamp.Origin);
        if (opens)
        {
            before = OpenMessage(stamp.Origin);
        }

        bool isWell = _encoder.TryAppend(sample, stamp, _output);
        if (isWell && Bytes + _encoder.EndBytes <= _maxBytes)
        {
            FirstAppendedAt = Count == 0 ? Stopwatch.GetTimestamp() : FirstAppendedAt;
            Count++;
            return AppendOutcome.Appended;
        }

        if (isWell)
        {
            _encoder.Undo();
        }

        _output.Truncate(before);
        _origin = opens ? null : _origin;
        return !isWell ? AppendOutcome.Malformed : Count == 0 ? AppendOutcome.Oversize : AppendOutcome.Full;
    }

    /// <summary>Ends and packs the request. It takes nothing more until <see cref="Clear"/>; the bytes live until then.</summary>
    public OtlpMessageBytes Close()
    {
        CloseMessage();
        if (_compression == OtlpCompression.Gzip)
        {
            return new OtlpMessageBytes(Pack(), IsGzip: true);
        }

        WritePrefix(_output.WrittenBytes(0, OtlpMessageBytes.PrefixBytes), _output.Length, isGzip: false);
        return new OtlpMessageBytes(_output.WrittenMemory, IsGzip: false);
    }

    /// <summary>Empties the request.</summary>
    public void Clear()
    {
        _output.Clear();
        _output.Write(stackalloc byte[OtlpMessageBytes.PrefixBytes]);
        _origin = null;
        Count = 0;
    }

    /// <summary>Returns where the message begins: behind the end of the one before.</summary>
    private int OpenMessage(EventOrigin origin)
    {
        CloseMessage();
        int start = _output.Length;
        _encoder.Begin(origin, _output);
        _origin = origin;
        return start;
    }

    private void CloseMessage()
    {
        if (_origin is not null)
        {
            _encoder.End(_output);
            _origin = null;
        }
    }

    private static void WritePrefix(Span<byte> prefix, int framedBytes, bool isGzip)
    {
        prefix[0] = isGzip ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(prefix[1..], (uint)(framedBytes - OtlpMessageBytes.PrefixBytes));
    }

    private ReadOnlyMemory<byte> Pack()
    {
        _packed ??= new MemoryStream();
        _packed.SetLength(0);
        _packed.Write(stackalloc byte[OtlpMessageBytes.PrefixBytes]);

        // The fastest level: what names and repeated values hold is saved there already, and the collector's host has other work to do.
        using (var gzip = new GZipStream(_packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(_output.WrittenSpan[OtlpMessageBytes.PrefixBytes..]);
        }

        Memory<byte> framed = _packed.GetBuffer().AsMemory(0, (int)_packed.Length);
        WritePrefix(framed.Span, framed.Length, isGzip: true);
        return framed;
    }
}
