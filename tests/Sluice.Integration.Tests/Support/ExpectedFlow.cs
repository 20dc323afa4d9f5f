// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>What a capture must say of one end of a UDP flow that it saw from the start.</summary>
internal sealed record ExpectedFlow(string Opening, int Pid, long PacketsSent, long BytesSent, long PacketsReceived, long BytesReceived)
{
    /// <summary>The other end of the same flow, when no datagram was lost on the way.</summary>
    public ExpectedFlow OtherEnd(int pid) =>
        new(Opening == "open" ? "accept" : "open", pid, PacketsReceived, BytesReceived, PacketsSent, BytesSent);

    public void Check(ConnectionKey key, IReadOnlyList<CapturedEvent> events)
    {
        Assert.True(events.Count == 2, $"{key} has {events.Count} events instead of 2: {string.Join('\n', events)}");
        Assert.Equal((Opening, "close"), (events[0].String("sluice.connection.event"), events[1].String("sluice.connection.event")));
        Assert.Equal((0, 1), (events[0].Sequence, events[1].Sequence));
        Assert.Equal(events[0].Connection, events[1].Connection);
        Assert.All(events, e => Assert.Equal(Pid, e.Pid));
        Assert.All(events, e => Assert.Equal(Opening == "open" ? "outbound" : "inbound", e.String("sluice.connection.direction")));
        Assert.All(events, e => Assert.Equal("udp", e.String("network.transport")));

        // Datagrams of one call may pass as one.
        long duration = events[1].Number("sluice.duration_ns");
        Assert.True(PacketsSent + PacketsReceived == 1 ? duration == 0 : duration > 0 || PacketsSent * PacketsReceived == 0, events[1].ToString());
        Assert.Equal(
            (PacketsSent, BytesSent, PacketsReceived, BytesReceived),
            (events[1].Number("sluice.packets.sent"), events[1].Number("sluice.bytes.sent"), events[1].Number("sluice.packets.received"), events[1].Number("sluice.bytes.received")));
    }
}
