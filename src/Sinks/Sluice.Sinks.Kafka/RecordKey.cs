// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Text;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Sinks.Kafka;

/// <summary>Writes the key of a record. Not thread-safe: a key lives until the next one is written.</summary>
internal sealed class RecordKey
{
    private const int MaxSuffixBytes = 1 + 16;

    private readonly KafkaKey _kind;
    private EventOrigin? _origin;
    private byte[] _bytes = [];
    private int _hostLength;

    public RecordKey(KafkaKey kind) => _kind = kind;

    /// <summary>The key of a sample, which the encoder has found to be well formed; empty when records have none.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> sample, EventOrigin origin)
    {
        if (origin != _origin)
        {
            ChangeOriginSlow(origin);
        }

        switch (_kind)
        {
            case KafkaKey.Connection when ConnectionOf(sample) is { } connection:
                return Write(connection, new('x', 16));
            case KafkaKey.Process:
                return Write(MemoryMarshal.Read<EventHeader>(sample).Tgid, default);
            case KafkaKey.None:
                return default;
            default:
                return _bytes.AsSpan(0, _hostLength);
        }
    }

    /// <summary>What tells the keys of one origin's samples apart; null for those that have the host's key, or none.</summary>
    public ulong? NumberOf(ReadOnlySpan<byte> sample) => _kind switch
    {
        KafkaKey.Connection => ConnectionOf(sample),
        KafkaKey.Process => MemoryMarshal.Read<EventHeader>(sample).Tgid,
        _ => null,
    };

    private static ulong? ConnectionOf(ReadOnlySpan<byte> sample) => MemoryMarshal.Read<EventHeader>(sample).Kind switch
    {
        EventKind.TlsData when sample.Length >= TlsDataHeader.SizeInBytes => MemoryMarshal.Read<TlsDataHeader>(sample).ConnectionId,
        EventKind.Connection when sample.Length >= ConnectionHeader.SizeInBytes => MemoryMarshal.Read<ConnectionHeader>(sample).ConnectionId,
        _ => null,
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ChangeOriginSlow(EventOrigin origin)
    {
        _origin = origin;
        _hostLength = origin.HostNameUtf8.Length;
        _bytes = new byte[_hostLength + MaxSuffixBytes];
        origin.HostNameUtf8.Span.CopyTo(_bytes);
        _bytes[_hostLength] = (byte)'/';
    }

    private ReadOnlySpan<byte> Write(ulong number, System.Buffers.StandardFormat format)
    {
        bool fits = Utf8Formatter.TryFormat(number, _bytes.AsSpan(_hostLength + 1), out int written, format);
        Debug.Assert(fits, "A key has room for 16 digits.");
        return _bytes.AsSpan(0, _hostLength + 1 + written);
    }
}
