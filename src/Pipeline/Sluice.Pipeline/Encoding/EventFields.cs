// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Pipeline.Encoding;

/// <summary>The names of all fields, the same in every encoding; docs/event-schema.md says what they mean.</summary>
public static class EventFields
{
    private static readonly string[] s_names =
    [
        "time_unix_nano",
        "event_name",
        "log.record.uid",
        "host.name",
        "process.pid",
        "thread.id",
        "process.executable.name",
        "process.user.id",
        "sluice.cgroup.id",
        "network.io.direction",
        "network.transport",
        "network.type",
        "network.local.address",
        "network.local.port",
        "network.peer.address",
        "network.peer.port",
        "sluice.socket.fd",
        "sluice.address.source",
        "tls.protocol.name",
        "tls.protocol.version",
        "sluice.tls.library",
        "sluice.connection.id",
        "sluice.sequence",
        "sluice.payload.size",
        "sluice.payload.offset",
        "sluice.payload.truncated",
        "sluice.payload.truncated_by",
        "sluice.payload.early_data",
        "sluice.gap",
        "sluice.lost_before",
        "sluice.connection.event",
        "sluice.connection.direction",
        "error.type",
        "sluice.duration_ns",
        "sluice.bytes.sent",
        "sluice.bytes.received",
        "sluice.packets.sent",
        "sluice.packets.received",
        "sluice.loss.cause",
        "sluice.loss.count",
        "sluice.loss.total",
        "body",
        "body_base64",
    ];

    /// <summary>Every name, in the order in which fields are written.</summary>
    public static IReadOnlyList<string> Names { get; } = Array.AsReadOnly(s_names);
}
