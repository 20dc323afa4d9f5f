// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>Compares captured events with what tls_load exchanged, record by record.</summary>
internal static class Exchange
{
    public const int RecordBytes = 256;

    /// <summary>Both directions of both sides, each record once, in order. Gives how many of the events say where the connection leads.</summary>
    public static int AssertWhole(IReadOnlyList<CapturedEvent> events, TlsLoadResult load, char pattern, int records)
    {
        CapturedEvent[] own = [.. events.Where(e => e.Pid == load.Pid)];
        Assert.Equal(4 * records, own.Length);
        foreach (IGrouping<string, CapturedEvent> side in own.GroupBy(e => e.Connection + e.Direction))
        {
            TlsLoad.AssertStream(side, RecordBytes, side.First().Text[0], pattern, records);
        }

        Assert.Equal(4, own.Select(e => e.Connection + e.Direction).Distinct(StringComparer.Ordinal).Count());
        return own.Count(e => HasRightAddress(e, load.ClientPort, load.ServerPort));
    }

    /// <summary>A wrong address is worse than none, so none is no failure here.</summary>
    public static bool HasRightAddress(CapturedEvent e, int clientPort, int serverPort)
    {
        if (!e.Has("network.peer.address"))
        {
            return false;
        }

        Assert.Equal("127.0.0.1", e.String("network.peer.address"));
        Assert.Equal("127.0.0.1", e.String("network.local.address"));
        long[] ports = [e.Number("network.local.port"), e.Number("network.peer.port")];
        Assert.Equal(new long[] { clientPort, serverPort }.Order(), ports.Order());
        return true;
    }

    public static string Percent(int part, int whole) => string.Create(CultureInfo.InvariantCulture, $"{100 * part / Math.Max(whole, 1)} %");
}
