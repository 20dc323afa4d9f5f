// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Decoding;

/// <summary>
/// A TLS plaintext sample, read in place. Lives as long as the sample it was made from; copies nothing, allocates nothing.
/// </summary>
public readonly ref struct TlsDataView
{
    private readonly ref readonly TlsDataHeader _fixed;

    private TlsDataView(EventHeaderView header, ref readonly TlsDataHeader fixedPart, ReadOnlySpan<byte> payload)
    {
        Header = header;
        _fixed = ref fixedPart;
        Payload = payload;
    }

    /// <summary>The head that every sample has.</summary>
    public EventHeaderView Header { get; }

    /// <summary>The bytes that were captured; may be none.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    public ulong ConnectionId => Unaligned.Read(in _fixed.ConnectionId);

    /// <summary>Number of this sample in its connection and direction.</summary>
    public ulong Sequence => Unaligned.Read(in _fixed.Sequence);

    /// <summary>Bytes that the whole call transferred.</summary>
    public ulong CallSize => Unaligned.Read(in _fixed.CallSize);

    /// <summary>Where <see cref="Payload"/> begins in the call.</summary>
    public ulong CallOffset => Unaligned.Read(in _fixed.CallOffset);

    /// <summary>Samples of this connection and direction that were lost since the one before.</summary>
    public uint LostBefore => Unaligned.Read(in _fixed.LostBefore);

    /// <summary>Socket descriptor; negative when it is not known.</summary>
    public int Fd => Unaligned.Read(in _fixed.Fd);

    /// <summary>The protocol's own version number, such as 0x0304; 0 when it is not known.</summary>
    public ushort TlsVersion => Unaligned.Read(in _fixed.TlsVersion);

    public TrafficDirection Direction => _fixed.Direction;

    public TlsLibrary Library => _fixed.Library;

    public AddressSource AddressSource => _fixed.AddressSource;

    /// <summary>The ends of the connection's socket, as far as they are known.</summary>
    public SocketView Socket => new(
        _fixed.Family,
        _fixed.Transport,
        in _fixed.LocalAddress,
        Unaligned.Read(in _fixed.LocalPort),
        in _fixed.PeerAddress,
        Unaligned.Read(in _fixed.PeerPort));

    /// <summary>
    /// False when <paramref name="sample"/> is no TLS sample, or shorter than its own fields say. Never throws, never reads past it.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> sample, out TlsDataView view)
    {
        if (EventHeaderView.TryParse(sample, out EventHeaderView header))
        {
            return TryParse(header, out view);
        }

        view = default;
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out TlsDataView)"/>
    public static bool TryParse(EventHeaderView header, out TlsDataView view)
    {
        ReadOnlySpan<byte> sample = header.Sample;
        if (sample.Length >= TlsDataHeader.SizeInBytes && header.Kind == EventKind.TlsData)
        {
            // The length check above is the one bounds check of every property: the struct lies inside the span.
            ref readonly TlsDataHeader fixedPart = ref Unsafe.As<byte, TlsDataHeader>(ref MemoryMarshal.GetReference(sample));
            uint payloadSize = Unaligned.Read(in fixedPart.PayloadSize);
            if (payloadSize <= (uint)(sample.Length - TlsDataHeader.SizeInBytes))
            {
                view = new TlsDataView(header, in fixedPart, sample.Slice(TlsDataHeader.SizeInBytes, (int)payloadSize));
                return true;
            }
        }

        view = default;
        return false;
    }
}
