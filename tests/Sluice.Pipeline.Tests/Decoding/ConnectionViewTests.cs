// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Decoding;

public sealed class ConnectionViewTests
{
    [Fact]
    public void TryParse_RightSizedSample_GivesEveryField()
    {
        byte[] sample = new ConnectionSample { PacketsSent = 3, PacketsReceived = 4, LostBefore = 2, Error = 111 }.Build();

        Assert.True(ConnectionView.TryParse(sample, out ConnectionView view));

        Assert.Equal((0xabcdul, 1ul, 2u), (view.ConnectionId, view.Sequence, view.LostBefore));
        Assert.Equal((1_234_567ul, 812ul, 65_536ul, 3ul, 4ul), (view.DurationNs, view.BytesSent, view.BytesReceived, view.PacketsSent, view.PacketsReceived));
        Assert.Equal((ConnectionAction.Close, ConnectionDirection.Outbound, (ushort)111), (view.Action, view.Direction, view.Error));
        Assert.Equal(((ushort)51514, (ushort)443, (byte)6), (view.Socket.LocalPort, view.Socket.PeerPort, view.Socket.Transport));
        Assert.Equal([10, 0, 0, 5], view.Socket.LocalAddress.ToArray());
        Assert.Equal([10, 0, 0, 9], view.Socket.PeerAddress.ToArray());
        Assert.Equal((ushort)1, view.Header.Module);
    }

    [Theory]
    [InlineData(ConnectionAction.Open, SampleFlags.None, false, false)]
    [InlineData(ConnectionAction.Accept, SampleFlags.None, false, false)]
    [InlineData(ConnectionAction.Fail, SampleFlags.None, true, false)]
    [InlineData(ConnectionAction.Close, SampleFlags.None, true, true)]
    [InlineData(ConnectionAction.Close, SampleFlags.StartUnknown, false, true)]
    [InlineData(ConnectionAction.Close, SampleFlags.TrafficUnknown, true, false)]
    public void HasDurationAndTraffic_OnlyWhereTheKernelKnows(ConnectionAction action, SampleFlags flags, bool hasDuration, bool hasTraffic)
    {
        Assert.True(ConnectionView.TryParse(new ConnectionSample { Action = action, Flags = flags }.Build(), out ConnectionView view));

        Assert.Equal((hasDuration, hasTraffic), (view.HasDuration, view.HasTraffic));
    }

    [Fact]
    public void TryParse_CutAtEveryPosition_IsRefused()
    {
        byte[] sample = new ConnectionSample().Build();

        for (int length = 0; length < sample.Length; length++)
        {
            Assert.False(ConnectionView.TryParse(sample.AsSpan(0, length), out _));
        }
    }
}
