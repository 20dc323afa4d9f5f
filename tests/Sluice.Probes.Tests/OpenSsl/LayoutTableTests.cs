// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Wire;
using Sluice.Probes.OpenSsl;
using Xunit;

namespace Sluice.Probes.Tests.OpenSsl;

/// <summary>The one row that stands for all libraries where programs cannot tell them apart.</summary>
public sealed class LayoutTableTests
{
    private static readonly TlsLayoutEntry s_openSsl = new() { Library = TlsLibrary.OpenSsl, SslRbio = 16, Usable = 1 };

    [Fact]
    public void FindCommon_SameLayout_KeepsIt() => Assert.Equal(s_openSsl, LayoutTable.FindCommon(s_openSsl, s_openSsl));

    [Fact]
    public void FindCommon_OtherVersionOfTheLibrary_KeepsItsNameOnly() =>
        Assert.Equal(new TlsLayoutEntry { Library = TlsLibrary.OpenSsl }, LayoutTable.FindCommon(s_openSsl, s_openSsl with { SslRbio = 80 }));

    [Fact]
    public void FindCommon_OtherLibrary_KeepsNothing() =>
        Assert.Equal(default, LayoutTable.FindCommon(s_openSsl, s_openSsl with { Library = TlsLibrary.LibreSsl }));
}
