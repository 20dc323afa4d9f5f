// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>What a capture must say of one end of a connection that it saw from the start.</summary>
internal sealed record ExpectedEnd(string Opening, int Pid, long Sent, long Received)
{
    public void Check(ConnectionKey key, IReadOnlyList<CapturedEvent> events)
    {
        Assert.True(events.Count == 2, $"{key} has {events.Count} events instead of 2: {string.Join('\n', events)}");
        Assert.Equal((Opening, "close"), (events[0].String("sluice.connection.event"), events[1].String("sluice.connection.event")));
        Assert.Equal((0, 1), (events[0].Sequence, events[1].Sequence));
        Assert.All(events, e => Assert.Equal(Pid, e.Pid));
        Assert.All(events, e => Assert.Equal(Opening == "open" ? "outbound" : "inbound", e.String("sluice.connection.direction")));
        Assert.All(events, e => Assert.Equal("tcp", e.String("network.transport")));
        Assert.True(events[1].Number("sluice.duration_ns") > 0, events[1].ToString());
        Assert.Equal((Sent, Received), (events[1].Number("sluice.bytes.sent"), events[1].Number("sluice.bytes.received")));
    }
}
