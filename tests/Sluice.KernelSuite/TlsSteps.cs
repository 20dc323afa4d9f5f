// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>Real TLS, captured by every variant over every transport, compared byte by byte and counted to the last event.</summary>
internal static class TlsSteps
{
    private const int Records = 200;
    private const int Lines = 20;

    public static IEnumerable<Step> All(SuiteSetting setting)
    {
        foreach (BytecodeVariant variant in setting.Variants)
        {
            if (variant.HasRingBuffer)
            {
                yield return Capture(setting, variant, "ringbuf") with { Needs = [KernelFeature.Uprobe, KernelFeature.RingBuffer], IsQuick = true };
            }

            yield return Capture(setting, variant, "perf") with { IsQuick = !variant.HasRingBuffer };
        }

        if (setting.Variants.Any(variant => variant.Name == "noncore"))
        {
            yield return new Step("tls", "noncore", "auto, BTF hidden", () => CaptureWithoutBtf(setting)) { Needs = [KernelFeature.Uprobe], IsQuick = true };
        }
    }

    private static Step Capture(SuiteSetting setting, BytecodeVariant variant, string transport) =>
        new("tls", variant.Name, transport, () =>
        {
            using SuiteCapture capture = SuiteCapture.Start(setting, variant, "tls", "--transport", transport);
            string detail = ExchangeAndCompare(setting, capture);
            capture.AssertUsed(variant.FileOf("openssl_kern"));
            return detail;
        })
        { Needs = [KernelFeature.Uprobe] };

    private static string CaptureWithoutBtf(SuiteSetting setting)
    {
        using SuiteCapture capture = SuiteCapture.StartWithoutBtf(setting, "tls");
        string detail = ExchangeAndCompare(setting, capture);
        capture.AssertUsed("openssl_kern_noncore.o");
        return detail;
    }

    private static string ExchangeAndCompare(SuiteSetting setting, SuiteCapture capture)
    {
        TlsLoadResult load = TlsLoad.Run(setting.Workspace, "exchange", "--records", $"{Records}", "--size", $"{Exchange.RecordBytes}");
        using OpenSslPair openssl = OpenSslPair.Exchange(setting.Workspace, Lines);
        Ledger ledger = capture.Stop();

        IReadOnlyList<CapturedEvent> events = capture.Events("tls.data");
        int loadAddresses = Exchange.AssertWhole(events, load, 'a', Records);
        CapturedEvent[] server = [.. events.Where(e => e.Pid == openssl.ServerPid)];
        CapturedEvent[] client = [.. events.Where(e => e.Pid == openssl.ClientPid)];
        AssertLines(client, "transmit", "client");
        AssertLines(server, "receive", "client");
        AssertLines(server, "transmit", "server");
        AssertLines(client, "receive", "server");
        Assert.Equal(4 * Lines, server.Length + client.Length);
        Assert.Equal(0, ledger.KernelLost);
        Assert.True(ledger.Read >= (4 * Records) + (4 * Lines), ledger.ToString());
        int opensslAddresses = server.Concat(client).Count(e => HasServerPort(e, openssl.ServerPort));
        return $"{(4 * Records) + (4 * Lines)} events exact; addresses: tls_load {Exchange.Percent(loadAddresses, 4 * Records)}, openssl {Exchange.Percent(opensslAddresses, 4 * Lines)}";
    }

    private static void AssertLines(CapturedEvent[] events, string direction, string side)
    {
        CapturedEvent[] own = [.. events.Where(e => e.Direction == direction)];
        string expected = string.Concat(Enumerable.Range(0, Lines).Select(i => OpenSslPair.Line(side, i)));
        Assert.Equal(expected, own.Aggregate(new StringBuilder(), (text, e) => text.Append(e.Text)).ToString());
        Assert.Equal(Enumerable.Range(0, own.Length).Select(i => (long)i), own.Select(e => e.Sequence));
    }

    private static bool HasServerPort(CapturedEvent e, int port)
    {
        if (!e.Has("network.peer.address"))
        {
            return false;
        }

        Assert.Equal("127.0.0.1", e.String("network.peer.address"));
        Assert.True(e.Number("network.peer.port") == port || e.Number("network.local.port") == port, e.ToString());
        return true;
    }
}
