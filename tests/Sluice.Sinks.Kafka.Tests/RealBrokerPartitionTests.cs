// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Other producers of the same keys, in Java, have to find the same partitions: joins and ordered consumers rest on it.</summary>
public sealed class RealBrokerPartitionTests
{
    [Fact]
    public async Task Sink_Keys_GoToThePartitionsThatKafkasOwnProducerChooses()
    {
        const int connections = 50;
        using RealBroker broker = await RealBroker.StartNewAsync();
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Address }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "ours", NumPartitions = 7 }, new TopicSpecification { Name = "java", NumPartitions = 7 }]);
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{broker.Address}/ours?encoding=otlp_proto");

        await driver.WriteNumberedAsync(perConnection: 3, connections);
        await driver.FlushAsync();
        IReadOnlyDictionary<string, int> ours = PartitionsOf(TopicReader.ReadAll(broker.Address, "ours"));
        await broker.RunToolAsync(
            string.Concat(ours.Keys.Select(key => $"{key}\tvalue\n")),
            "console-producer", "--bootstrap-server", broker.Address, "--topic", "java", "--property", "parse.key=true");
        IReadOnlyDictionary<string, int> theirs = PartitionsOf(TopicReader.ReadAll(broker.Address, "java"));

        Assert.Equal(connections, ours.Count);
        Assert.Equal(theirs.OrderBy(p => p.Key, StringComparer.Ordinal), ours.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.True(ours.Values.Distinct().Count() > 3, "The keys hardly spread.");
    }

    private static Dictionary<string, int> PartitionsOf(IReadOnlyList<ConsumeResult<byte[], byte[]>> records) =>
        records.GroupBy(r => Encoding.UTF8.GetString(r.Message.Key), r => r.Partition.Value).ToDictionary(g => g.Key, g => Assert.Single(g.Distinct()));
}
