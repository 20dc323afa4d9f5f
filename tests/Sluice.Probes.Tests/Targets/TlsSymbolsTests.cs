// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf;
using Sluice.Probes.Targets;
using Xunit;

namespace Sluice.Probes.Tests.Targets;

public class TlsSymbolsTests
{
    [Fact]
    public void Points_TwoNamesOfOneAddress_AreOnePointWithAnAlias()
    {
        var symbols = new TlsSymbols(new Dictionary<string, ulong> { ["SSL_write_ex2"] = 64, ["SSL_write_ex"] = 64, ["SSL_read"] = 16, ["SSL_write"] = 32 });

        Assert.Equal(["SSL_read", "SSL_write", "SSL_write_ex"], symbols.Points.Select(static point => point.Name));
        Assert.Equal(["SSL_write_ex2"], symbols.Points[2].Aliases);
        Assert.True(symbols.TryGetOffset("SSL_write_ex2", out ulong offset));
        Assert.Equal(64ul, offset);
        Assert.Empty(symbols.Missing);
    }

    [Fact]
    public void Missing_RequiredFunctionAbsent_NamesIt() =>
        Assert.Equal(["SSL_write"], new TlsSymbols(new Dictionary<string, ulong> { ["SSL_read"] = 16 }).Missing);

    [Fact]
    public void FileKey_SameLowerFileInTwoOverlays_IsOneKey()
    {
        var first = new FileStatus(0, 51, 4711, 600, 123456789, true);
        FileStatus second = first with { DeviceMinor = 52 };

        Assert.Equal(FileKey.Of(in first, isOnOverlay: true), FileKey.Of(in second, isOnOverlay: true));
        Assert.NotEqual(FileKey.Of(in first, isOnOverlay: false), FileKey.Of(in second, isOnOverlay: false));
        Assert.NotEqual(FileKey.Of(in first, isOnOverlay: true), FileKey.Of(first with { ChangeTimeNs = 987654321 }, isOnOverlay: true));
    }
}
