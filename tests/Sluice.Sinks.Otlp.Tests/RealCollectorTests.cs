// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>The real OpenTelemetry Collector writes out exactly the events that the ledger calls delivered.</summary>
public sealed class RealCollectorTests
{
    [Theory]
    [InlineData("grpc", "")]
    [InlineData("http", "")]
    [InlineData("grpc", "?compression=gzip")]
    [InlineData("http", "?compression=gzip")]
    public async Task Collector_ManyEvents_HasExactlyThoseDeliveredInOrder(string protocol, string options)
    {
        using RealCollector collector = await RealCollector.StartNewAsync();
        await using SinkDriver driver = await SinkDriver.StartAsync(UriOf(protocol, collector) + options);

        await driver.WriteNumberedAsync(30_000, payloadBytes: 256);
        await driver.FlushAsync();
        await collector.StopAsync();

        driver.AssertCounts(delivered: 30_000);
        Assert.Equal(NumberedEvents.UpTo(30_000), collector.ReadUids().Select(NumberedEvents.NumberOf));
    }

    [Theory]
    [InlineData("grpc", "kill")]
    [InlineData("http", "kill")]
    [InlineData("grpc", "pause")]
    [InlineData("http", "pause")]
    [InlineData("grpc", "stop")]
    [InlineData("http", "stop")]
    public async Task Collector_AwayUnderLoad_MissesNothingAndRepeatsOnlyEqualUids(string protocol, string way)
    {
        using RealCollector collector = await RealCollector.StartDurableAsync();
        await using SinkDriver driver = await SinkDriver.StartAsync(UriOf(protocol, collector) + "?timeout=2s");
        using var isOver = new CancellationTokenSource();

        Task<int> writing = WriteUntilAsync(driver, isOver.Token);
        for (int round = 0; round < 2; round++)
        {
            await Task.Delay(1_500, TestContext.Current.CancellationToken);
            await (way == "kill" ? collector.KillAsync() : way == "pause" ? collector.PauseAsync() : collector.StopAsync());
            await Task.Delay(5_000, TestContext.Current.CancellationToken);
            await (way == "pause" ? collector.ResumeAsync() : collector.StartAsync());
        }

        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        await isOver.CancelAsync();
        int written = await writing;
        await driver.FlushAsync();
        await collector.StopAsync();

        driver.AssertCounts(delivered: written);
        IReadOnlyList<string> uids = collector.ReadUids();
        Assert.Equal(NumberedEvents.UpTo(written), uids.Distinct().Select(NumberedEvents.NumberOf));
        Assert.InRange(driver.Log.Count(LogLevel.Warning, "are not taken"), 1, 4);
        TestContext.Current.SendDiagnosticMessage("{0}, {1}: {2} events, {3} repeated", protocol, way, written, uids.Count - written);
    }

    private static string UriOf(string protocol, RealCollector collector) =>
        protocol == "grpc" ? $"otlp+grpc://{collector.GrpcAddress}" : $"otlp+http://{collector.HttpAddress}";

    /// <summary>About 10,000 events a second while the Collector takes them.</summary>
    private static async Task<int> WriteUntilAsync(SinkDriver driver, CancellationToken isOver)
    {
        int written = 0;
        while (!isOver.IsCancellationRequested)
        {
            await driver.WriteNumberedAsync(100, first: (ulong)written);
            written += 100;
            await Task.Delay(10, CancellationToken.None);
        }

        return written;
    }
}
