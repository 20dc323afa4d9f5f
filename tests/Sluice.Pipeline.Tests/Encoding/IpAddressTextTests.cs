// SPDX-License-Identifier: Apache-2.0
using System;
using System.Net;
using Sluice.Pipeline.Encoding;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class IpAddressTextTests
{
    private static string Write(byte[] address)
    {
        byte[] destination = new byte[IpAddressText.MaxBytes];
        return System.Text.Encoding.ASCII.GetString(destination, 0, IpAddressText.Write(address, destination));
    }

    [Theory]
    [InlineData("1.2.3.4")]
    [InlineData("255.255.255.255")]
    [InlineData("10.0.200.19")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("2001:db8::1")]
    [InlineData("2001:db8:0:1:1:1:1:1")]
    [InlineData("2001:0:0:1::1")]
    [InlineData("2001:db8::1:0:0:1")]
    [InlineData("fe80::1234:5678:9abc:def0")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1111:2222:3333:4444:5555:6666:7777:8888")]
    [InlineData("abc:d:0:ef::")]
    public void Write_CanonicalText_ComesBack(string text) => Assert.Equal(text, Write(IPAddress.Parse(text).GetAddressBytes()));

    [Fact]
    public void Write_AllZeros_IsTwoColons() => Assert.Equal("::", Write(new byte[16]));

    [Fact]
    public void Write_RandomAddresses_AgreeWithTheLibrary()
    {
        var random = new Random(7);
        byte[] address = new byte[16];
        for (int round = 0; round < 20_000; round++)
        {
            random.NextBytes(address);
            for (int i = 2; i < 16; i += 2)
            {
                // Many zero groups; the first group is kept so that .NET prints no IPv4 tail.
                if (random.Next(2) == 0)
                {
                    address[i] = address[i + 1] = 0;
                }
            }

            address[0] = 0x20;
            address[8] |= 2;
            Assert.Equal(new IPAddress(address).ToString(), Write(address));
            Assert.Equal(new IPAddress(address[..4]).ToString(), Write(address[..4]));
        }
    }
}
