// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Apache Kafka itself, in good health: the one of <c>SLUICE_KAFKA</c>, or one of our own.</summary>
public sealed class RealBrokerTests(SharedRealBroker shared) : IClassFixture<SharedRealBroker>
{
    [Fact]
    public async Task Sink_RealBroker_HoldsExactlyWhatTheLedgerCallsDelivered()
    {
        string address = await shared.GetAddressAsync();
        string topic = await CreateTopicAsync(address, partitions: 3);
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{address}/{topic}?compression=lz4");

        await driver.WriteNumberedAsync(perConnection: 1_000, connections: 100, payloadBytes: 256);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 100_000);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(address, topic), connections: 100, perConnection: 1_000);
        if (RealBroker.HasProgram("kcat"))
        {
            Assert.Equal(100_000, CountWithKcat(address, topic));
        }
    }

    [Fact]
    public async Task Sink_TopicTakesLessThanABatch_DeliversAllThatFits()
    {
        // A broker refuses a whole batch that is above the topic's limit: ours must stay below it.
        string address = await shared.GetAddressAsync();
        string topic = await CreateTopicAsync(address, partitions: 1, ("max.message.bytes", "10000"));
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{address}/{topic}");

        await driver.WriteNumberedAsync(perConnection: 5_000);
        await driver.WriteAsync(NumberedSamples.Sample(1, 0, payloadBytes: 16_384));
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 5_000, dropped: new() { [DropReason.Oversize] = 1 });
        NumberedSamples.AssertComplete(TopicReader.ReadAll(address, topic), connections: 1, perConnection: 5_000);
    }

    private static async Task<string> CreateTopicAsync(string address, int partitions, params (string Name, string Value)[] settings)
    {
        string topic = $"sluice-test-{Guid.NewGuid():n}";
        var specification = new TopicSpecification { Name = topic, NumPartitions = partitions, Configs = [] };
        foreach ((string name, string value) in settings)
        {
            specification.Configs.Add(name, value);
        }

        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = address }).Build();
        await admin.CreateTopicsAsync([specification]);
        return topic;
    }

    private static int CountWithKcat(string address, string topic)
    {
        using Process kcat = Process.Start(new ProcessStartInfo("kcat", ["-C", "-b", address, "-t", topic, "-e", "-q", "-f", "%o\\n"])
        {
            RedirectStandardOutput = true,
        })!;
        int lines = kcat.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
        kcat.WaitForExit();
        Assert.True(kcat.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"kcat ended with {kcat.ExitCode}."));
        return lines;
    }
}
