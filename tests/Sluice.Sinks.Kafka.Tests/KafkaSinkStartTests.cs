// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>What a start says about brokers and topics that cannot be used.</summary>
public sealed class KafkaSinkStartTests
{
    /// <summary>Port 1 of the loopback: nothing listens there.</summary>
    private const string NoBroker = "127.0.0.1:1";

    [Fact]
    public async Task Start_NoBroker_SaysWhichAndWhyAndTheRemedy()
    {
        long start = Stopwatch.GetTimestamp();

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{NoBroker}/tls?config.sasl.password=hidden"));

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 4, 10);
        Assert.Contains($"kafka://{NoBroker}/tls", e.Message, StringComparison.Ordinal);
        Assert.Contains("Connection refused", e.Message, StringComparison.Ordinal);
        Assert.Contains("start=lazy", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsConfiguration);
    }

    [Fact]
    public async Task Start_LazyWithoutBroker_StartsAndWarnsOnceEventsWait()
    {
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{NoBroker}/tls?start=lazy&config.message.timeout.ms=1500");
        await using (driver)
        {
            await driver.WriteNumberedAsync(perConnection: 10);
            await driver.FlushAsync();
        }

        driver.AssertCounts(dropped: new() { [DropReason.DeliveryTimeout] = 10 });
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "10 events were not delivered"));
    }

    [Fact]
    public async Task Start_TopicRefused_SaysThatTheUserLacksTheRight()
    {
        using var cluster = new MockCluster();
        cluster.SetTopicError("secret", KafkaError.ERR_TOPIC_AUTHORIZATION_FAILED);

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{cluster.Address}/secret"));

        Assert.Contains("'secret'", e.Message, StringComparison.Ordinal);
        Assert.True(e.IsConfiguration);
    }

    [Fact]
    public async Task Start_TopicUnknown_SaysSo()
    {
        using var cluster = new MockCluster();
        cluster.SetTopicError("absent", KafkaError.ERR_UNKNOWN_TOPIC_OR_PART);

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{cluster.Address}/absent"));

        Assert.Contains("'absent' does not exist", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SomethingElseListensThere_SaysThatNoBrokerAnswered()
    {
        using var server = new NonsenseServer();

        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{server.Address}/tls"));

        Assert.Contains($"no broker of {server.Address} answered within 5 s", e.Message, StringComparison.Ordinal);
        Assert.Contains("address and protocol are right", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsConfiguration);
        Assert.True(server.Connections > 0, "Nobody asked the server.");
    }

    [Fact]
    public async Task Start_LazyAndSomethingElseListensThere_CountsDeliveryTimeout()
    {
        using var server = new NonsenseServer();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{server.Address}/tls?start=lazy&config.message.timeout.ms=2000");
        await using (driver)
        {
            await driver.WriteNumberedAsync(perConnection: 10);
            await driver.FlushAsync();
        }

        driver.AssertCounts(dropped: new() { [DropReason.DeliveryTimeout] = 10 });
    }

    [Theory]
    [InlineData("config.acks=1", "acks")]
    [InlineData("config.security.protocol=ssl&config.ssl.ca.location=/nonexistent/ca.pem", "ssl.ca.location")]
    public async Task Start_PropertiesThatContradict_IsAConfigurationError(string options, string part)
    {
        SinkException e = await Assert.ThrowsAsync<SinkException>(() => SinkDriver.StartAsync($"kafka://{NoBroker}/tls?{options}"));

        Assert.Contains(part, e.Message, StringComparison.Ordinal);
        Assert.True(e.IsConfiguration);
    }
}
