// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Apache Kafka, away for a while in the middle of the stream.</summary>
public sealed class RealBrokerOutageTests
{
    private const int Connections = 20;

    [Theory]
    [InlineData("stop", 20)]
    [InlineData("pause", 10)]
    public async Task Sink_BrokerAwayForAWhile_LosesNothingAndKeepsTheOrder(string way, int seconds)
    {
        using RealBroker broker = await RealBroker.StartNewAsync("--partitions", "4");
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{broker.Address}/tls");
        using var isOver = new CancellationTokenSource();

        Task<int> writing = WriteUntilAsync(driver, isOver.Token);
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await (way == "stop" ? broker.StopAsync() : broker.PauseAsync());
        await Task.Delay(TimeSpan.FromSeconds(seconds), TestContext.Current.CancellationToken);
        await (way == "stop" ? broker.StartAsync() : broker.ResumeAsync());
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await isOver.CancelAsync();
        int perConnection = await writing;
        await driver.FlushAsync();

        driver.AssertCounts(delivered: Connections * perConnection);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(broker.Address, "tls"), Connections, perConnection);

        // A busy machine may make two outages of it, but each begins and ends once.
        int warnings = driver.Log.Count(LogLevel.Warning, "no acknowledgement from the brokers");
        Assert.InRange(warnings, 1, 3);
        Assert.Equal(warnings, driver.Log.Count(LogLevel.Information, "the brokers are back"));
    }

    /// <summary>About 2,000 events a second.</summary>
    private static async Task<int> WriteUntilAsync(SinkDriver driver, CancellationToken isOver)
    {
        int written = 0;
        while (!isOver.IsCancellationRequested)
        {
            await driver.WriteNumberedAsync(perConnection: 10, Connections, first: (ulong)written);
            written += 10;
            await Task.Delay(100, CancellationToken.None);
        }

        return written;
    }
}
