// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Reading;

/// <summary>What each field may hold, and which fields an event of each kind has; the other side of <see cref="EventWriter"/>.</summary>
internal static class FieldRules
{
    /// <summary>Fields that every event has.</summary>
    public static readonly ulong Head = Mask(EventField.TimeUnixNano, EventField.EventName, EventField.LogRecordUid, EventField.HostName);

    /// <summary>Fields that an event with a process has.</summary>
    public static readonly ulong Process = Mask(
        EventField.ProcessPid, EventField.ThreadId, EventField.ProcessExecutableName, EventField.ProcessUserId);

    public static readonly ulong TlsRequired =
        Head | Process | Mask(EventField.ConnectionId, EventField.Sequence, EventField.PayloadSize, EventField.PayloadOffset);

    public static readonly ulong TlsAllowed = TlsRequired | Socket | Flags | Mask(
        EventField.CgroupId, EventField.NetworkIoDirection, EventField.SocketFd, EventField.AddressSource, EventField.TlsProtocolName,
        EventField.TlsProtocolVersion, EventField.TlsLibrary, EventField.Body, EventField.BodyBase64);

    public static readonly ulong ConnectionRequired = Head | Mask(EventField.ConnectionId, EventField.Sequence);

    public static readonly ulong ConnectionAllowed = ConnectionRequired | Process | Socket | Flags | Traffic | Mask(
        EventField.CgroupId, EventField.ConnectionEvent, EventField.ConnectionDirection, EventField.ErrorType, EventField.DurationNs);

    public static readonly ulong Loss = Head | Mask(EventField.LossCause, EventField.LossCount, EventField.LossTotal);

    private static readonly FieldShape[] s_shapes = BuildShapes();
    private static readonly WordTable?[] s_words = BuildWords();
    private static readonly ulong[] s_largest = BuildLargest();
    private static readonly ulong[] s_least = BuildLeast();

    /// <summary>Number of fields; a set of them is a mask of 64 bits.</summary>
    public static int Count => s_shapes.Length;

    private static ulong Socket => Mask(
        EventField.NetworkTransport, EventField.NetworkType, EventField.NetworkLocalAddress, EventField.NetworkLocalPort,
        EventField.NetworkPeerAddress, EventField.NetworkPeerPort);

    private static ulong Flags => Mask(
        EventField.PayloadTruncated, EventField.PayloadTruncatedBy, EventField.PayloadEarlyData, EventField.Gap, EventField.LostBefore);

    private static ulong Traffic => Mask(
        EventField.BytesSent, EventField.BytesReceived, EventField.PacketsSent, EventField.PacketsReceived);

    public static FieldShape ShapeOf(EventField field) => s_shapes[(int)field];

    /// <summary>The words of a field of shape <see cref="FieldShape.Word"/>.</summary>
    public static WordTable WordsOf(EventField field) => s_words[(int)field]!;

    /// <summary>True for a number that a sample holds and that is written again as it is.</summary>
    public static bool IsInRange(EventField field, ulong value) => value >= s_least[(int)field] && value <= s_largest[(int)field];

    public static ulong Mask(params ReadOnlySpan<EventField> fields)
    {
        ulong mask = 0;
        foreach (EventField field in fields)
        {
            mask |= 1ul << (int)field;
        }

        return mask;
    }

    private static FieldShape[] BuildShapes()
    {
        var shapes = new FieldShape[EventFields.Names.Count];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shapes.Length, 64);
        foreach (EventField word in Words().Keys)
        {
            shapes[(int)word] = FieldShape.Word;
        }

        foreach ((EventField field, FieldShape shape) in new (EventField, FieldShape)[]
        {
            (EventField.LogRecordUid, FieldShape.Uid),
            (EventField.HostName, FieldShape.Text),
            (EventField.ProcessExecutableName, FieldShape.Text),
            (EventField.LossCause, FieldShape.Text),
            (EventField.NetworkLocalAddress, FieldShape.Address),
            (EventField.NetworkPeerAddress, FieldShape.Address),
            (EventField.ConnectionId, FieldShape.Id),
            (EventField.PayloadTruncated, FieldShape.True),
            (EventField.PayloadEarlyData, FieldShape.True),
            (EventField.Gap, FieldShape.True),
            (EventField.Body, FieldShape.Body),
            (EventField.BodyBase64, FieldShape.Base64),
        })
        {
            shapes[(int)field] = shape;
        }

        return shapes;
    }

    private static Dictionary<EventField, WordTable> Words() => new()
    {
        [EventField.EventName] = WordTable.EventName,
        [EventField.NetworkIoDirection] = WordTable.TrafficDirection,
        [EventField.NetworkTransport] = WordTable.Transport,
        [EventField.NetworkType] = WordTable.NetworkType,
        [EventField.AddressSource] = WordTable.AddressSource,
        [EventField.TlsProtocolName] = WordTable.ProtocolName,
        [EventField.TlsProtocolVersion] = WordTable.StreamVersion,
        [EventField.TlsLibrary] = WordTable.Library,
        [EventField.PayloadTruncatedBy] = WordTable.TruncatedBy,
        [EventField.ConnectionEvent] = WordTable.Action,
        [EventField.ConnectionDirection] = WordTable.ConnectionDirection,
        [EventField.ErrorType] = WordTable.Errno,
    };

    private static WordTable?[] BuildWords()
    {
        var tables = new WordTable?[EventFields.Names.Count];
        foreach ((EventField field, WordTable table) in Words())
        {
            tables[(int)field] = table;
        }

        return tables;
    }

    private static ulong[] BuildLargest()
    {
        ulong[] largest = new ulong[EventFields.Names.Count];
        Array.Fill(largest, ulong.MaxValue);
        foreach (EventField field in (EventField[])[EventField.ProcessPid, EventField.ThreadId, EventField.ProcessUserId, EventField.LostBefore])
        {
            largest[(int)field] = uint.MaxValue;
        }

        largest[(int)EventField.NetworkLocalPort] = ushort.MaxValue;
        largest[(int)EventField.NetworkPeerPort] = ushort.MaxValue;
        largest[(int)EventField.SocketFd] = int.MaxValue;
        return largest;
    }

    /// <summary>In a sample, 0 stands for "not known" here.</summary>
    private static ulong[] BuildLeast()
    {
        ulong[] least = new ulong[EventFields.Names.Count];
        least[(int)EventField.NetworkLocalPort] = 1;
        least[(int)EventField.NetworkPeerPort] = 1;
        least[(int)EventField.CgroupId] = 1;
        return least;
    }
}
