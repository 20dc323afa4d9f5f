// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Encoding;

/// <summary>The one list of which field has which value; every encoding writes through it, so all of them carry the same event.</summary>
internal static class EventWriter
{
    /// <summary>The longest text in a sample's fixed part: the cause of a loss.</summary>
    private const int MaxTextBytes = 32;

    /// <summary>Every key slot, and behind each the longest value (an IPv6 address, a 128-bit id) with its punctuation.</summary>
    private const int MaxFieldsBytes = 44 * (KeyTable.SlotBytes + 48);

    /// <summary>The longest that any byte of a sample becomes: <c>\u001f</c>.</summary>
    private const int MaxGrowth = 6;

    /// <summary>Room that one event can need in any encoding. Names and payload are parts of the sample; the host name comes on top, encoded.</summary>
    public static int MaxBytes(int sampleBytes, int hostFieldBytes) => checked(MaxFieldsBytes + hostFieldBytes + (MaxGrowth * sampleBytes));

    /// <summary>False when the sample is malformed or of an unknown kind; what was written so far is then of no use.</summary>
    /// <param name="writer">The encoding.</param>
    /// <param name="sample">One sample in wire format.</param>
    /// <param name="stamp">Of the batch that the sample is in.</param>
    /// <param name="hostField"><c>host.name</c>, encoded.</param>
    public static bool TryWrite<TWriter>(
        ref TWriter writer, ReadOnlySpan<byte> sample, in BatchStamp stamp, ReadOnlySpan<byte> hostField)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (!EventHeaderView.TryParse(sample, out EventHeaderView header))
        {
            return false;
        }

        if (TlsDataView.TryParse(header, out TlsDataView tls))
        {
            WriteHead(ref writer, header, stamp, hostField);
            WriteProcess(ref writer, header);
            WriteToken(ref writer, EventField.NetworkIoDirection, EventWords.Direction(tls.Direction));
            WriteSocket(ref writer, tls.Socket);
            WriteDescriptor(ref writer, tls);
            WriteTls(ref writer, tls);
            WritePayload(ref writer, tls);
            return true;
        }

        return TryWriteRareSlow(ref writer, header, stamp, hostField);
    }

    /// <summary>The kinds of which there are few: kept out of the way of those that come by the hundred thousand.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryWriteRareSlow<TWriter>(
        ref TWriter writer, scoped in EventHeaderView header, in BatchStamp stamp, ReadOnlySpan<byte> hostField)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (ConnectionView.TryParse(header, out ConnectionView connection))
        {
            WriteHead(ref writer, header, stamp, hostField);
            WriteConnection(ref writer, connection);
            return true;
        }

        if (CaptureLossView.TryParse(header, out CaptureLossView loss))
        {
            WriteHead(ref writer, header, stamp, hostField);
            WriteText(ref writer, EventField.LossCause, loss.Cause);
            writer.Number(EventField.LossCount, loss.Lost);
            writer.Number(EventField.LossTotal, loss.Total);
            return true;
        }

        return false;
    }

    private static void WriteHead<TWriter>(
        ref TWriter writer, scoped in EventHeaderView header, in BatchStamp stamp, ReadOnlySpan<byte> hostField)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        writer.Number(EventField.TimeUnixNano, unchecked(header.KtimeNs + (ulong)stamp.ClockOffsetNs));
        writer.Token(EventField.EventName, EventNames.Utf8(header.Kind));
        writer.Uid(EventField.LogRecordUid, stamp.Origin.RunId, EventNumber(header));
        writer.Encoded(hostField);
    }

    /// <summary>CPU (16 bits), module (4), number (44): unique in a run. 2⁴⁴ is six months at a million events a second on one CPU.</summary>
    private static ulong EventNumber(scoped in EventHeaderView header) =>
        ((ulong)header.Cpu << 48) | ((ulong)(header.Module & 0xf) << 44) | (header.CpuSequence & 0xfff_ffff_ffff);

    private static void WriteProcess<TWriter>(ref TWriter writer, scoped in EventHeaderView header)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        writer.Number(EventField.ProcessPid, header.Tgid);
        writer.Number(EventField.ThreadId, header.Tid);
        WriteText(ref writer, EventField.ProcessExecutableName, header.Comm);
        writer.Number(EventField.ProcessUserId, header.Uid);
        if (header.CgroupId != 0)
        {
            writer.Number(EventField.CgroupId, header.CgroupId);
        }
    }

    private static void WriteSocket<TWriter>(ref TWriter writer, scoped in SocketView socket)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        WriteToken(ref writer, EventField.NetworkTransport, EventWords.Transport(socket));
        if (socket.IsInternetSocket)
        {
            writer.Token(EventField.NetworkType, socket.IsIPv4 ? "ipv4"u8 : "ipv6"u8);
            WriteEnd(ref writer, EventField.NetworkLocalAddress, socket.LocalAddress, EventField.NetworkLocalPort, socket.LocalPort);
            WriteEnd(ref writer, EventField.NetworkPeerAddress, socket.PeerAddress, EventField.NetworkPeerPort, socket.PeerPort);
        }
    }

    private static void WriteDescriptor<TWriter>(ref TWriter writer, scoped in TlsDataView tls)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (tls.Fd >= 0)
        {
            writer.Number(EventField.SocketFd, (ulong)tls.Fd);
        }

        WriteToken(ref writer, EventField.AddressSource, EventWords.AddressSource(tls.AddressSource));
    }

    private static void WriteEnd<TWriter>(
        ref TWriter writer, EventField addressField, scoped ReadOnlySpan<byte> address, EventField portField, ushort port)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (!address.IsEmpty)
        {
            writer.Address(addressField, address);
        }

        if (port != 0)
        {
            writer.Number(portField, port);
        }
    }

    private static void WriteTls<TWriter>(ref TWriter writer, scoped in TlsDataView tls)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (EventWords.IsDatagramTls(tls.TlsVersion))
        {
            writer.Token(EventField.TlsProtocolName, "dtls"u8);
        }

        WriteToken(ref writer, EventField.TlsProtocolVersion, EventWords.TlsVersion(tls.TlsVersion));
        WriteToken(ref writer, EventField.TlsLibrary, EventWords.Library(tls.Library));
        writer.Id(EventField.ConnectionId, tls.ConnectionId);
        writer.Number(EventField.Sequence, tls.Sequence);
    }

    private static void WriteConnection<TWriter>(ref TWriter writer, scoped in ConnectionView connection)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        SampleFlags flags = connection.Header.Flags;
        if ((flags & SampleFlags.ProcessUnknown) == 0)
        {
            WriteProcess(ref writer, connection.Header);
        }

        WriteSocket(ref writer, connection.Socket);
        writer.Id(EventField.ConnectionId, connection.ConnectionId);
        writer.Number(EventField.Sequence, connection.Sequence);
        WriteFlags(ref writer, flags, connection.LostBefore);
        WriteToken(ref writer, EventField.ConnectionEvent, EventWords.Action(connection.Action));
        WriteToken(ref writer, EventField.ConnectionDirection, EventWords.Direction(connection.Direction));
        WriteToken(ref writer, EventField.ErrorType, EventWords.Errno(connection.Error));
        if (connection.HasDuration)
        {
            writer.Number(EventField.DurationNs, connection.DurationNs);
        }

        if (connection.HasTraffic)
        {
            WriteTraffic(ref writer, connection);
        }
    }

    private static void WriteTraffic<TWriter>(ref TWriter writer, scoped in ConnectionView connection)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        writer.Number(EventField.BytesSent, connection.BytesSent);
        writer.Number(EventField.BytesReceived, connection.BytesReceived);
        if (connection.Socket.Transport == EventWords.ProtocolUdp)
        {
            writer.Number(EventField.PacketsSent, connection.PacketsSent);
            writer.Number(EventField.PacketsReceived, connection.PacketsReceived);
        }
    }

    private static void WritePayload<TWriter>(ref TWriter writer, scoped in TlsDataView tls)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        writer.Number(EventField.PayloadSize, tls.CallSize);
        writer.Number(EventField.PayloadOffset, tls.CallOffset);
        SampleFlags flags = tls.Header.Flags;
        if ((flags & ~SampleFlags.CallEnd) != 0)
        {
            WriteFlags(ref writer, flags, tls.LostBefore);
        }

        if (!tls.Payload.IsEmpty)
        {
            writer.Body(tls.Payload);
        }
    }

    private static void WriteFlags<TWriter>(ref TWriter writer, SampleFlags flags, uint lostBefore)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if ((flags & (SampleFlags.Truncated | SampleFlags.ReadFault)) != 0)
        {
            writer.True(EventField.PayloadTruncated);
            writer.Token(EventField.PayloadTruncatedBy, (flags & SampleFlags.ReadFault) != 0 ? "read_fault"u8 : "limit"u8);
        }

        if ((flags & SampleFlags.EarlyData) != 0)
        {
            writer.True(EventField.PayloadEarlyData);
        }

        if ((flags & SampleFlags.Gap) != 0)
        {
            writer.True(EventField.Gap);
            writer.Number(EventField.LostBefore, lostBefore);
        }
    }

    private static void WriteToken<TWriter>(ref TWriter writer, EventField field, ReadOnlySpan<byte> ascii)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (!ascii.IsEmpty)
        {
            writer.Token(field, ascii);
        }
    }

    /// <summary>Process names and causes: short, but bytes of somebody else's choice.</summary>
    private static void WriteText<TWriter>(ref TWriter writer, EventField field, ReadOnlySpan<byte> bytes)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        if (Utf8.IsValid(bytes))
        {
            writer.Text(field, bytes);
        }
        else
        {
            WriteRepairedSlow(ref writer, field, bytes);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteRepairedSlow<TWriter>(ref TWriter writer, EventField field, ReadOnlySpan<byte> bytes)
        where TWriter : struct, IFieldWriter, allows ref struct
    {
        Span<byte> repaired = stackalloc byte[Utf8Text.MaxRepairedBytes(MaxTextBytes)];
        writer.Text(field, repaired[..Utf8Text.Repair(bytes, repaired)]);
    }
}
