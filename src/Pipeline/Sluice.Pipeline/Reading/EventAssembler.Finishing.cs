// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Reading;

/// <summary>From fields to a sample: each method is the inverse of one in <see cref="EventWriter"/>.</summary>
internal sealed partial class EventAssembler
{
    private const byte FamilyUnix = 1;
    private const byte FamilyInet = 2;
    private const byte FamilyInet6 = 10;
    private const int IPv4Bytes = 4;
    private const int IPv6Bytes = 16;
    private const int TypeIPv4 = 4;

    private static readonly ulong s_traffic = FieldRules.Mask(EventField.BytesSent, EventField.BytesReceived);
    private static readonly ulong s_packets = FieldRules.Mask(EventField.PacketsSent, EventField.PacketsReceived);

    private static readonly ulong s_ends = FieldRules.Mask(
        EventField.NetworkLocalAddress, EventField.NetworkLocalPort, EventField.NetworkPeerAddress, EventField.NetworkPeerPort);

    /// <summary>The sample, which lives until the next <see cref="Begin"/>; false when the event cannot be taken (<see cref="Problem"/>).</summary>
    /// <param name="origin">The run that it comes from.</param>
    /// <param name="sample">The event.</param>
    /// <param name="description">What the frame of several events says of their host, its name included; empty where each event has the name.</param>
    public bool TryFinish(out EventOrigin origin, out ReadOnlySpan<byte> sample, scoped ReadOnlySpan<byte> description = default)
    {
        int size = Problem != EventProblem.None ? 0 : (EventKind)Of(EventField.EventName) switch
        {
            EventKind.TlsData => FinishTls(),
            EventKind.Connection => FinishConnection(),
            EventKind.CaptureLoss => FinishLoss(),
            _ => FinishUnnamed(),
        };
        if (Problem != EventProblem.None)
        {
            origin = EventOrigin.Unknown;
            sample = default;
            return false;
        }

        origin = _origins.Find(description.IsEmpty ? _hostName.AsSpan(0, _hostBytes) : description, _runId, _makeOrigin);
        sample = _sample.AsSpan(0, size);
        return true;
    }

    private int FinishUnnamed()
    {
        Refuse(Has(EventField.EventName) ? EventProblem.UnknownEvent : EventProblem.MissingField, EventField.EventName);
        return 0;
    }

    private int FinishTls()
    {
        Require(FieldRules.TlsRequired, FieldRules.TlsAllowed);
        if (Has(EventField.Body) && Has(EventField.BodyBase64))
        {
            Refuse(EventProblem.MisplacedField, EventField.BodyBase64);
        }

        int size = TlsDataHeader.SizeInBytes + _payloadBytes;
        ref TlsDataHeader head = ref Cast<TlsDataHeader>();
        head = default;
        head.ConnectionId = Of(EventField.ConnectionId);
        head.Sequence = Of(EventField.Sequence);
        head.CallSize = Of(EventField.PayloadSize);
        head.CallOffset = Of(EventField.PayloadOffset);
        head.PayloadSize = (uint)_payloadBytes;
        head.LostBefore = (uint)Of(EventField.LostBefore);
        head.Fd = Has(EventField.SocketFd) ? (int)Of(EventField.SocketFd) : -1;
        head.TlsVersion = FindTlsVersion();
        head.Direction = (TrafficDirection)Of(EventField.NetworkIoDirection);
        head.Library = (TlsLibrary)Of(EventField.TlsLibrary);
        head.AddressSource = (AddressSource)Of(EventField.AddressSource);
        (head.Family, head.Transport) = FindSocket(ref head.LocalAddress, ref head.PeerAddress);
        head.LocalPort = (ushort)Of(EventField.NetworkLocalPort);
        head.PeerPort = (ushort)Of(EventField.NetworkPeerPort);

        // The event does not say which of a call's samples is the last one; the one that reaches its size is.
        bool endsCall = head.CallSize - head.CallOffset == (ulong)_payloadBytes;
        FillHead(ref head.Header, EventKind.TlsData, size, FindFlags() | (endsCall ? SampleFlags.CallEnd : SampleFlags.None));
        FillProcess(ref head.Header);
        return size;
    }

    private int FinishConnection()
    {
        Require(FieldRules.ConnectionRequired, FieldRules.ConnectionAllowed);
        ref ConnectionHeader head = ref Cast<ConnectionHeader>();
        head = default;
        head.ConnectionId = Of(EventField.ConnectionId);
        head.Sequence = Of(EventField.Sequence);
        head.DurationNs = Of(EventField.DurationNs);
        head.BytesSent = Of(EventField.BytesSent);
        head.BytesReceived = Of(EventField.BytesReceived);
        head.PacketsSent = Of(EventField.PacketsSent);
        head.PacketsReceived = Of(EventField.PacketsReceived);
        head.LostBefore = (uint)Of(EventField.LostBefore);
        head.Error = (ushort)Of(EventField.ErrorType);
        head.Action = (ConnectionAction)Of(EventField.ConnectionEvent);
        head.Direction = (ConnectionDirection)Of(EventField.ConnectionDirection);
        (head.Family, head.Transport) = FindSocket(ref head.LocalAddress, ref head.PeerAddress);
        head.LocalPort = (ushort)Of(EventField.NetworkLocalPort);
        head.PeerPort = (ushort)Of(EventField.NetworkPeerPort);
        FillHead(ref head.Header, EventKind.Connection, ConnectionHeader.SizeInBytes, FindFlags() | FindAbsences(head.Action, head.Transport));
        FillProcess(ref head.Header);
        return ConnectionHeader.SizeInBytes;
    }

    private int FinishLoss()
    {
        Require(FieldRules.Loss, FieldRules.Loss);
        ref CaptureLossHeader head = ref Cast<CaptureLossHeader>();
        head = default;
        head.Lost = Of(EventField.LossCount);
        head.Total = Of(EventField.LossTotal);
        head.Cause = _cause;
        FillHead(ref head.Header, EventKind.CaptureLoss, CaptureLossHeader.SizeInBytes, SampleFlags.None);
        return CaptureLossHeader.SizeInBytes;
    }

    private void FillHead(ref EventHeader head, EventKind kind, int size, SampleFlags flags)
    {
        head.Kind = kind;
        head.Flags = flags;
        head.Size = (uint)size;
        head.KtimeNs = Of(EventField.TimeUnixNano);

        // EventWriter.EventNumber, undone.
        head.Cpu = (ushort)(_eventNumber >> 48);
        head.Module = (ushort)((_eventNumber >> 44) & 0xf);
        head.CpuSequence = _eventNumber & 0xfff_ffff_ffff;
    }

    private void FillProcess(ref EventHeader head)
    {
        if ((_seen & FieldRules.Process) != 0)
        {
            RequireAll(FieldRules.Process);
            head.Tgid = (uint)Of(EventField.ProcessPid);
            head.Tid = (uint)Of(EventField.ThreadId);
            head.Uid = (uint)Of(EventField.ProcessUserId);
            head.CgroupId = Of(EventField.CgroupId);
            head.Comm = _comm;
        }
        else if (Has(EventField.CgroupId))
        {
            Refuse(EventProblem.MisplacedField, EventField.CgroupId);
        }
    }

    private SampleFlags FindFlags()
    {
        if (Has(EventField.PayloadTruncated) != Has(EventField.PayloadTruncatedBy))
        {
            Refuse(EventProblem.MissingField, Has(EventField.PayloadTruncated) ? EventField.PayloadTruncatedBy : EventField.PayloadTruncated);
        }

        if (Has(EventField.Gap) != Has(EventField.LostBefore))
        {
            Refuse(EventProblem.MissingField, Has(EventField.Gap) ? EventField.LostBefore : EventField.Gap);
        }

        return (SampleFlags)Of(EventField.PayloadTruncatedBy)
            | (Has(EventField.PayloadEarlyData) ? SampleFlags.EarlyData : SampleFlags.None)
            | (Has(EventField.Gap) ? SampleFlags.Gap : SampleFlags.None);
    }

    /// <summary>The flags that say why a connection's event has no process, no duration or no bytes.</summary>
    private SampleFlags FindAbsences(ConnectionAction action, byte transport)
    {
        SampleFlags flags = (_seen & FieldRules.Process) == 0 ? SampleFlags.ProcessUnknown : SampleFlags.None;
        bool ends = action is ConnectionAction.Close or ConnectionAction.Fail;
        if (ends && !Has(EventField.DurationNs))
        {
            flags |= SampleFlags.StartUnknown;
        }
        else if (!ends && Has(EventField.DurationNs))
        {
            Refuse(EventProblem.MisplacedField, EventField.DurationNs);
        }

        ulong traffic = transport == EventWords.ProtocolUdp ? s_traffic | s_packets : s_traffic;
        ulong present = _seen & (s_traffic | s_packets);
        if (present == 0)
        {
            return action == ConnectionAction.Close ? flags | SampleFlags.TrafficUnknown : flags;
        }

        if (action != ConnectionAction.Close || (present & ~traffic) != 0)
        {
            Refuse(EventProblem.MisplacedField, action != ConnectionAction.Close ? present : present & ~traffic);
        }

        RequireAll(traffic);
        return flags;
    }

    private ushort FindTlsVersion()
    {
        ushort version = (ushort)Of(EventField.TlsProtocolVersion);
        if (!Has(EventField.TlsProtocolName))
        {
            return version;
        }

        // The word was looked up among the versions of TLS; DTLS has some of the same words.
        if (!WordTable.DatagramVersion.TryFind(EventWords.TlsVersion(version), out ushort datagramVersion))
        {
            Refuse(EventProblem.BadValue, EventField.TlsProtocolVersion);
        }

        return datagramVersion;
    }

    private (byte Family, byte Transport) FindSocket(ref Address16 local, ref Address16 peer)
    {
        ulong transport = Of(EventField.NetworkTransport);
        bool isUnix = transport == WordTable.UnixTransport;
        if (!Has(EventField.NetworkType))
        {
            if ((_seen & s_ends) != 0)
            {
                Refuse(EventProblem.MissingField, EventField.NetworkType);
            }

            // What a Unix socket speaks shows in nothing but the packets that a datagram socket counts.
            byte unixTransport = (_seen & s_packets) != 0 ? EventWords.ProtocolUdp : (byte)0;
            return isUnix ? (FamilyUnix, unixTransport) : ((byte)0, (byte)transport);
        }

        if (isUnix)
        {
            Refuse(EventProblem.MisplacedField, EventField.NetworkType);
        }

        bool isIPv4 = Of(EventField.NetworkType) == TypeIPv4;
        byte family = isIPv4 && _localBytes != IPv6Bytes && _peerBytes != IPv6Bytes ? FamilyInet : FamilyInet6;
        Place(_local, _localBytes, family, isIPv4, ref local);
        Place(_peer, _peerBytes, family, isIPv4, ref peer);
        if ((!isIPv4 && (_localBytes == IPv4Bytes || _peerBytes == IPv4Bytes)) || (isIPv4 && _localBytes == IPv6Bytes && _peerBytes == IPv6Bytes)
            || (!isIPv4 && (IsMapped(local) || IsMapped(peer))))
        {
            Refuse(EventProblem.BadValue, EventField.NetworkType);
        }

        return (family, (byte)transport);
    }

    /// <summary>
    /// Beside an IPv6 address, IPv4 is IPv4-mapped, and so is an end that is not known: that is how a socket of IPv6 can speak IPv4, and the only way to
    /// have such an event.
    /// </summary>
    private static void Place(scoped ReadOnlySpan<byte> address, int length, byte family, bool isIPv4, ref Address16 destination)
    {
        if (length == IPv6Bytes || family == FamilyInet)
        {
            address[..length].CopyTo(destination);
        }
        else if (isIPv4)
        {
            Span<byte> mapped = destination;
            mapped[10..12].Fill(byte.MaxValue);
            address[..length].CopyTo(mapped[12..]);
        }
    }

    private static bool IsMapped(scoped ReadOnlySpan<byte> address) =>
        address.StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

    private void Require(ulong required, ulong allowed)
    {
        RequireAll(required);
        if ((_seen & ~allowed) != 0)
        {
            Refuse(EventProblem.MisplacedField, _seen & ~allowed);
        }
    }

    private void RequireAll(ulong fields)
    {
        if ((fields & ~_seen) != 0)
        {
            Refuse(EventProblem.MissingField, fields & ~_seen);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Has(EventField field) => (_seen & (1ul << (int)field)) != 0;

    /// <summary>0 for a field that is not there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Of(EventField field) => _numbers[(int)field];

    private ref T Cast<T>()
        where T : struct => ref MemoryMarshal.AsRef<T>(_sample.AsSpan());
}
