// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Sluice.Integration.Tests.Support;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>From the TLS call to an OpenTelemetry Collector, whose file is read back.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Capture_CollectorKilledForAWhile_WritesOutExactlyWhatTheLedgerCallsDelivered()
    {
        Requires.Bpf();
        using RealCollector collector = await RealCollector.StartDurableAsync();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "5000", "--delay-us", "1000", "--wait-file", go);
        using Capture capture = Capture.Start(
            workspace,
            "--sink", $"otlp+grpc://{collector.GrpcAddress}?name=grpc",
            "--sink", $"otlp+http://{collector.HttpAddress}?name=http&compression=gzip",
            "--drain-timeout", "60s", "--pid", $"{load.Pid}");

        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        await Task.Delay(2000, TestContext.Current.CancellationToken);
        await collector.KillAsync();
        await Task.Delay(3000, TestContext.Current.CancellationToken);
        await collector.StartAsync();
        load.Finish();
        Ledger ledger = capture.Stop();
        await collector.StopAsync();

        ledger.AssertSumsHold();
        Assert.Equal(0, ledger.KernelLost);
        Assert.Equal(5000 * 4, ledger.Read);
        Assert.Equal(ledger.Read, ledger.Sink("grpc", "delivered"));
        Assert.Equal(ledger.Read, ledger.Sink("http", "delivered"));

        // Each sink brings every event, some perhaps again.
        IReadOnlyList<string> uids = collector.ReadUids();
        Assert.Equal(ledger.Read, uids.Distinct().Count());
        Assert.All(uids.GroupBy(uid => uid), same => Assert.InRange(same.Count(), 2, 6));
    }
}
