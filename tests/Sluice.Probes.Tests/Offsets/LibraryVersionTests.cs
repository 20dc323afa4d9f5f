// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Probes.Offsets;
using Xunit;

namespace Sluice.Probes.Tests.Offsets;

public class LibraryVersionTests
{
    [Theory]
    [InlineData("1.0.2", "1.0.2a")]
    [InlineData("1.0.2u", "1.1.0")]
    [InlineData("1.1.1a", "1.1.1w")]
    [InlineData("0.9.8z", "0.9.8za")]
    [InlineData("0.9.8y", "0.9.8zh")]
    [InlineData("3.0.9", "3.0.10")]
    [InlineData("3.9.0", "3.10.0")]
    [InlineData("1.1.1h+quic", "1.1.1i")]
    public void CompareTo_OlderAndNewer_OrdersThemAsReleased(string older, string newer)
    {
        Assert.True(LibraryVersion.Parse(older) < LibraryVersion.Parse(newer));
        Assert.True(LibraryVersion.Parse(newer) > LibraryVersion.Parse(older));
        Assert.True(LibraryVersion.Parse(older) <= LibraryVersion.Parse(older));
        Assert.False(LibraryVersion.Parse(newer) <= LibraryVersion.Parse(older));
    }

    [Fact]
    public void CompareTo_ForkOfTheSameRelease_IsEqualInOrderButNotTheSame()
    {
        LibraryVersion upstream = LibraryVersion.Parse("3.0.15");
        LibraryVersion fork = LibraryVersion.Parse("3.0.15+quic");

        Assert.Equal(0, upstream.CompareTo(fork));
        Assert.NotEqual(upstream, fork);
        Assert.Equal("3.0.15+quic", fork.ToString());
    }

    [Theory]
    [InlineData("1.0.2k-fips", "1.0.2k")]
    [InlineData("3.5.0-dev", "3.5.0")]
    [InlineData("3.0.7+git", "3.0.7")]
    [InlineData("1.1.1w", "1.1.1w")]
    public void TryParse_VendorSuffix_IsLeftOut(string text, string version)
    {
        Assert.True(LibraryVersion.TryParse(text, out LibraryVersion parsed));
        Assert.Equal(version, parsed.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("3.0")]
    [InlineData("3.0.")]
    [InlineData("3.0.x")]
    [InlineData("v3.0.1")]
    [InlineData("3.0.1 beta")]
    [InlineData("3.0.1.2")]
    [InlineData("99999999999.0.1")]
    [InlineData("1.0.2abcd")]
    public void TryParse_NoVersion_IsRefused(string text)
    {
        Assert.False(LibraryVersion.TryParse(text, out _));
        Assert.Throws<FormatException>(() => LibraryVersion.Parse(text));
    }
}
