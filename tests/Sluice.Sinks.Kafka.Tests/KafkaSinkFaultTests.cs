// SPDX-License-Identifier: Apache-2.0
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>A cluster in trouble.</summary>
public sealed class KafkaSinkFaultTests
{
    private const int NotLeader = 6;
    private const int RequestTimedOut = 7;
    private const int NotEnoughReplicas = 19;
    private const int PolicyViolation = 44;

    [Fact]
    public async Task Sink_BrokersDownForAWhile_LosesNothingAndKeepsTheOrder()
    {
        using var cluster = new MockCluster(brokers: 3);
        cluster.CreateTopic("tls", 4);
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");

        await driver.WriteNumberedAsync(perConnection: 100, connections: 20);
        cluster.StopBrokers();
        await driver.WriteNumberedAsync(perConnection: 100, connections: 20, first: 100);
        await Task.Delay(3_000, TestContext.Current.CancellationToken);
        cluster.StartBrokers();
        await driver.WriteNumberedAsync(perConnection: 100, connections: 20, first: 200);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 6_000);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 20, perConnection: 300);
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "no acknowledgement from the brokers"));
        Assert.Equal(1, driver.Log.Count(LogLevel.Information, "the brokers are back"));
    }

    [Theory]
    [InlineData(NotLeader)]
    [InlineData(RequestTimedOut)]
    [InlineData(NotEnoughReplicas)]
    public async Task Sink_RequestsFailInPassing_LosesNothingAndKeepsTheOrder(int error)
    {
        // The mock cluster fails a request and takes the one behind it: it looks at the sequence numbers of transactional producers only, and a broker refuses that one by them. So only
        // one may be under way here; that the order holds with five is shown with a real broker (RealBrokerFaultTests).
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.batch.num.messages=100&config.max.in.flight=1");
        cluster.FailNextProduceRequests(error, 0, error, error, 0, error);

        await driver.WriteNumberedAsync(perConnection: 200, connections: 10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2_000);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 10, perConnection: 200);
    }

    [Fact]
    public async Task Sink_ConnectionsBreakInPassing_LosesNothingAndKeepsTheOrder()
    {
        const int lost = KafkaError.ERR__TRANSPORT;
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.batch.num.messages=100");
        cluster.FailNextProduceRequests(lost, 0, lost, lost, 0, lost);

        await driver.WriteNumberedAsync(perConnection: 200, connections: 10);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2_000);
        NumberedSamples.AssertCompleteBesidesRepeats(TopicReader.ReadAll(cluster.Address, "tls"), connections: 10, perConnection: 200);
    }

    [Fact]
    public async Task Sink_SlowBroker_DeliversAll()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        cluster.SetDelay(500);

        await driver.WriteNumberedAsync(perConnection: 5_000);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 5_000);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 5_000);
    }

    [Fact]
    public async Task Sink_BrokersDownBeyondTheDeliveryTimeout_CountsDeliveryTimeout()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.message.timeout.ms=1000");
        cluster.StopBrokers();

        await driver.WriteNumberedAsync(perConnection: 50);
        await driver.FlushAsync();

        driver.AssertCounts(dropped: new() { [DropReason.DeliveryTimeout] = 50 });
    }

    [Fact]
    public async Task Sink_BrokerRefusesForGood_CountsRejectedAndSaysSoOnce()
    {
        using var cluster = new MockCluster();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        await using (driver)
        {
            cluster.FailNextProduceRequests(PolicyViolation);
            await driver.WriteAsync(NumberedSamples.Sample(1, 0), NumberedSamples.Sample(1, 1));
            await driver.FlushAsync();
            await driver.WriteAsync(NumberedSamples.Sample(1, 2));
            await driver.FlushAsync();
        }

        driver.AssertCounts(delivered: 1, rejected: 2);
        Assert.Single(TopicReader.ReadAll(cluster.Address, "tls"));
        Assert.Equal(1, driver.Log.Count(LogLevel.Warning, "2 events were not delivered"));
    }
}
