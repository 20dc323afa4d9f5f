// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Apache Kafka that dies, or refuses what it gets.</summary>
public sealed class RealBrokerFaultTests
{
    private const int Connections = 20;

    /// <summary>Long enough for the outage to be noticed; SLUICE_OUTAGE_S makes it longer.</summary>
    private static int OutageSeconds => int.TryParse(Environment.GetEnvironmentVariable("SLUICE_OUTAGE_S"), out int seconds) ? seconds : 8;

    [Theory]
    [InlineData("encoding=json")]
    [InlineData("encoding=json&batch=true")]
    public async Task Sink_BrokerKilledUnderLoad_LosesNothingAndKeepsTheOrder(string encoding)
    {
        using RealBroker broker = await RealBroker.StartNewAsync("--partitions", "4");
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{broker.Address}/tls?{encoding}");
        using var isOver = new CancellationTokenSource();

        Task<int> writing = WriteUntilAsync(driver, isOver.Token);
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        await broker.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(OutageSeconds), TestContext.Current.CancellationToken);
        await broker.StartAsync();
        await Task.Delay(1_000, TestContext.Current.CancellationToken);
        await isOver.CancelAsync();
        int perConnection = await writing;
        await driver.FlushAsync();

        driver.AssertCounts(delivered: Connections * perConnection);
        JsonRecords.AssertComplete(TopicReader.ReadAll(broker.Address, "tls"), Connections, perConnection);
        Assert.True(driver.Log.Count(LogLevel.Warning, "no acknowledgement from the brokers") > 0, "The user was not told.");
    }

    [Fact]
    public async Task Start_TopicUnknownAndNotCreated_SaysSo()
    {
        using RealBroker broker = await RealBroker.StartNewAsync("--set", "auto.create.topics.enable=false");

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{broker.Address}/absent"));

        Assert.Contains("topic 'absent' does not exist and the brokers do not create it", e.Message, StringComparison.Ordinal);
        Assert.True(e.IsConfiguration);
    }

    [Fact]
    public async Task Sink_TopicLimitLoweredWhileRunning_CountsRejectedAndExplains()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{broker.Address}/tls");
        await using (driver)
        {
            await driver.WriteNumberedAsync(perConnection: 10);
            await driver.FlushAsync();
            await LimitTopicAsync(broker.Address, "tls", "500");
            await driver.WriteNumberedAsync(perConnection: 50, first: 10);
            await driver.FlushAsync();
        }

        driver.AssertCounts(delivered: 10, rejected: 50);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "50 events were not delivered"));
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "raise max.message.bytes of the topic"));
    }

    /// <summary>About 4,000 events a second.</summary>
    private static async Task<int> WriteUntilAsync(SinkDriver driver, CancellationToken isOver)
    {
        int written = 0;
        while (!isOver.IsCancellationRequested)
        {
            await driver.WriteNumberedAsync(perConnection: 20, Connections, first: (ulong)written);
            written += 20;
            await Task.Delay(100, CancellationToken.None);
        }

        return written;
    }

    private static async Task LimitTopicAsync(string address, string topic, string maxMessageBytes)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = address }).Build();
        await admin.IncrementalAlterConfigsAsync(new Dictionary<ConfigResource, List<ConfigEntry>>
        {
            [new ConfigResource { Type = ResourceType.Topic, Name = topic }] =
                [new ConfigEntry { Name = "max.message.bytes", Value = maxMessageBytes, IncrementalOperation = AlterConfigOpType.Set }],
        });
    }
}
