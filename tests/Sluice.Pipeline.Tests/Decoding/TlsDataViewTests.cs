// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Decoding;

public sealed class TlsDataViewTests
{
    private const int SizeOffset = 4;
    private const int PayloadSizeOffset = 96;

    private static TlsSample Everyday() => new TlsSample
    {
        Flags = SampleFlags.Truncated | SampleFlags.Gap,
        CgroupId = 77,
        CallSize = 5000,
        CallOffset = 4096,
        LostBefore = 2,
        Fd = 9,
        AddressSource = AddressSource.NestedIo,
        Payload = [.. "HTTP/1.1 200 OK"u8],
    }.WithTcp("10.0.0.5:443", "10.0.0.9:51514");

    [Fact]
    public void TryParse_RightSizedSample_GivesEveryField()
    {
        Assert.True(TlsDataView.TryParse(Everyday().Build(), out TlsDataView view));

        Assert.Equal("TlsData Truncated, Gap 1000000789 4711 4713 33 3 42 77 6E67696E78 167", SampleText.Head(view.Header));
        Assert.Equal(0x1234ul, view.ConnectionId);
        Assert.Equal(17ul, view.Sequence);
        Assert.Equal(5000ul, view.CallSize);
        Assert.Equal(4096ul, view.CallOffset);
        Assert.Equal(2u, view.LostBefore);
        Assert.Equal(9, view.Fd);
        Assert.Equal(0x0304, view.TlsVersion);
        Assert.Equal(443, view.Socket.LocalPort);
        Assert.Equal(51514, view.Socket.PeerPort);
        Assert.Equal(TrafficDirection.Transmit, view.Direction);
        Assert.Equal(TlsLibrary.OpenSsl, view.Library);
        Assert.Equal(AddressSource.NestedIo, view.AddressSource);
        Assert.Equal(6, view.Socket.Transport);
        Assert.True(view.Socket.IsInternetSocket && view.Socket.IsIPv4 && !view.Socket.IsUnixSocket);
        Assert.Equal([10, 0, 0, 5], view.Socket.LocalAddress.ToArray());
        Assert.Equal([10, 0, 0, 9], view.Socket.PeerAddress.ToArray());
        Assert.Equal("HTTP/1.1 200 OK"u8.ToArray(), view.Payload.ToArray());
    }

    [Fact]
    public void TryParse_CutAtEveryPosition_IsRefused()
    {
        byte[] sample = Everyday().Build();

        for (int length = 0; length < sample.Length; length++)
        {
            // A copy of its own: a read past the end would leave the array.
            Assert.Null(SampleText.Describe(sample[..length]));
        }
    }

    [Fact]
    public void TryParse_AnyAlignmentAndGuardBytes_GivesTheSame()
    {
        byte[] sample = Everyday().Build();
        string expected = SampleText.Describe(sample)!;

        for (int before = 0; before < 16; before++)
        {
            foreach (byte guard in (byte[])[0x00, 0x5a, 0xff])
            {
                byte[] padded = new byte[before + sample.Length + 7];
                Array.Fill(padded, guard);
                sample.CopyTo(padded, before);

                Assert.Equal(expected, SampleText.Describe(padded.AsSpan(before)));
            }
        }
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(63u)]
    [InlineData(151u)]
    [InlineData(166u)]
    [InlineData(168u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void TryParse_HeaderSizeLies_IsRefused(uint size)
    {
        byte[] sample = Everyday().Build();
        BinaryPrimitives.WriteUInt32LittleEndian(sample.AsSpan(SizeOffset), size);

        Assert.Null(SampleText.Describe(sample));
    }

    [Theory]
    [InlineData(16u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void TryParse_PayloadSizeLies_IsRefused(uint size)
    {
        byte[] sample = Everyday().Build();
        BinaryPrimitives.WriteUInt32LittleEndian(sample.AsSpan(PayloadSizeOffset), size);

        Assert.Null(SampleText.Describe(sample));
    }

    [Fact]
    public void TryParse_OtherKind_IsRefused() => Assert.False(TlsDataView.TryParse(LossSample.Build("ring_full", 1, 1), out _));

    [Fact]
    public void TryParse_NoPayload_GivesAnEmptyOne()
    {
        Assert.True(TlsDataView.TryParse(new TlsSample().Build(), out TlsDataView view));

        Assert.True(view.Payload.IsEmpty);
    }

    [Fact]
    public void Comm_AllBytesUsed_IsNotReadPastItsField()
    {
        Assert.True(TlsDataView.TryParse(new TlsSample { Comm = [.. "0123456789abcdef"u8], ConnectionId = ulong.MaxValue }.Build(), out TlsDataView view));

        Assert.Equal("0123456789abcdef"u8.ToArray(), view.Header.Comm.ToArray());
    }

    [Fact]
    public void Addresses_IPv4MappedSocket_AreIPv4()
    {
        byte[] sample = new TlsSample().WithTcp("[::ffff:10.1.2.3]:443", "[::ffff:192.168.0.1]:5").Build();
        Assert.True(TlsDataView.TryParse(sample, out TlsDataView view));

        Assert.True(view.Socket.IsIPv4);
        Assert.Equal([10, 1, 2, 3], view.Socket.LocalAddress.ToArray());
        Assert.Equal([192, 168, 0, 1], view.Socket.PeerAddress.ToArray());
    }

    [Fact]
    public void Addresses_IPv6Socket_AreSixteenBytes()
    {
        Assert.True(TlsDataView.TryParse(new TlsSample().WithTcp("[2001:db8::1]:443", "[::1]:5").Build(), out TlsDataView view));

        Assert.True(view.Socket.IsInternetSocket && !view.Socket.IsIPv4);
        Assert.Equal(16, view.Socket.LocalAddress.Length);
        Assert.Equal(1, view.Socket.PeerAddress[15]);
    }

    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("[::]:0")]
    [InlineData("[::ffff:0.0.0.0]:0")]
    public void Addresses_AnyAddress_IsNone(string any)
    {
        Assert.True(TlsDataView.TryParse(new TlsSample().WithTcp(any, any).Build(), out TlsDataView view));

        Assert.True(view.Socket.LocalAddress.IsEmpty && view.Socket.PeerAddress.IsEmpty);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(99, false)]
    public void Addresses_NoInternetSocket_AreNone(byte family, bool isUnix)
    {
        byte[] sample = new TlsSample { Family = family, LocalAddress = [1, 2, 3, 4], PeerAddress = [1, 2, 3, 4] }.Build();
        Assert.True(TlsDataView.TryParse(sample, out TlsDataView view));

        Assert.Equal(isUnix, view.Socket.IsUnixSocket);
        Assert.False(view.Socket.IsInternetSocket);
        Assert.True(view.Socket.LocalAddress.IsEmpty && view.Socket.PeerAddress.IsEmpty);
    }
}
