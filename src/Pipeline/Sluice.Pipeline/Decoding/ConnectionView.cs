// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Decoding;

/// <summary>
/// A connection's start or end, read in place. Lives as long as the sample it was made from; copies nothing, allocates nothing.
/// </summary>
public readonly ref struct ConnectionView
{
    private readonly ref readonly ConnectionHeader _fixed;

    private ConnectionView(EventHeaderView header, ref readonly ConnectionHeader fixedPart)
    {
        Header = header;
        _fixed = ref fixedPart;
    }

    /// <summary>The head that every sample has.</summary>
    public EventHeaderView Header { get; }

    public ulong ConnectionId => Unaligned.Read(in _fixed.ConnectionId);

    /// <summary>Number of this sample in its connection.</summary>
    public ulong Sequence => Unaligned.Read(in _fixed.Sequence);

    /// <summary>Samples of this connection that were lost since the one before.</summary>
    public uint LostBefore => Unaligned.Read(in _fixed.LostBefore);

    public ConnectionAction Action => _fixed.Action;

    public ConnectionDirection Direction => _fixed.Direction;

    /// <summary>Positive errno of an attempt that failed; otherwise 0.</summary>
    public ushort Error => Unaligned.Read(in _fixed.Error);

    /// <summary>False for a connection that was there before the capture, and at a connection's start.</summary>
    public bool HasDuration => EndsConnection && (Header.Flags & SampleFlags.StartUnknown) == 0;

    /// <summary>Only of use when <see cref="HasDuration"/>.</summary>
    public ulong DurationNs => Unaligned.Read(in _fixed.DurationNs);

    /// <summary>True for the end of a connection whose bytes the kernel counted.</summary>
    public bool HasTraffic => Action == ConnectionAction.Close && (Header.Flags & SampleFlags.TrafficUnknown) == 0;

    /// <summary>Payload bytes, each counted once. Only of use when <see cref="HasTraffic"/>.</summary>
    public ulong BytesSent => Unaligned.Read(in _fixed.BytesSent);

    /// <inheritdoc cref="BytesSent"/>
    public ulong BytesReceived => Unaligned.Read(in _fixed.BytesReceived);

    /// <summary>Datagrams; 0 for TCP. Only of use when <see cref="HasTraffic"/>.</summary>
    public ulong PacketsSent => Unaligned.Read(in _fixed.PacketsSent);

    /// <inheritdoc cref="PacketsSent"/>
    public ulong PacketsReceived => Unaligned.Read(in _fixed.PacketsReceived);

    /// <summary>The connection's two ends.</summary>
    public SocketView Socket => new(
        _fixed.Family,
        _fixed.Transport,
        in _fixed.LocalAddress,
        Unaligned.Read(in _fixed.LocalPort),
        in _fixed.PeerAddress,
        Unaligned.Read(in _fixed.PeerPort));

    private bool EndsConnection => Action is ConnectionAction.Close or ConnectionAction.Fail;

    /// <summary>False when <paramref name="sample"/> is no connection sample, or too short for one. Never throws, never reads past it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> sample, out ConnectionView view)
    {
        if (EventHeaderView.TryParse(sample, out EventHeaderView header))
        {
            return TryParse(header, out view);
        }

        view = default;
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out ConnectionView)"/>
    public static bool TryParse(EventHeaderView header, out ConnectionView view)
    {
        ReadOnlySpan<byte> sample = header.Sample;
        if (sample.Length >= ConnectionHeader.SizeInBytes && header.Kind == EventKind.Connection)
        {
            // The length check above is the one bounds check of every property: the struct lies inside the span.
            view = new ConnectionView(header, in Unsafe.As<byte, ConnectionHeader>(ref MemoryMarshal.GetReference(sample)));
            return true;
        }

        view = default;
        return false;
    }
}
