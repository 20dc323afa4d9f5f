// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Confluent.Kafka;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Reads a whole topic with another client.</summary>
internal static class TopicReader
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Every record of the topic, partition by partition in order of offset.</summary>
    public static IReadOnlyList<ConsumeResult<byte[], byte[]>> ReadAll(string brokers, string topic, params (string Name, string Value)[] settings)
    {
        var client = new ClientConfig { BootstrapServers = brokers };
        foreach ((string name, string value) in settings)
        {
            client.Set(name, value);
        }

        int partitions = CountPartitions(client, topic);
        var config = new ConsumerConfig(client) { GroupId = "reader", EnablePartitionEof = true, EnableAutoCommit = false };
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(config).Build();
        consumer.Assign(Enumerable.Range(0, partitions).Select(p => new TopicPartitionOffset(topic, p, Offset.Beginning)));
        var records = new List<ConsumeResult<byte[], byte[]>>();
        for (int open = partitions; open > 0;)
        {
            ConsumeResult<byte[], byte[]> result = consumer.Consume(s_patience) ?? throw new TimeoutException($"Topic {topic} did not end.");
            if (result.IsPartitionEOF)
            {
                open--;
            }
            else
            {
                records.Add(result);
            }
        }

        return [.. records.OrderBy(r => r.Partition.Value).ThenBy(r => r.Offset.Value)];
    }

    /// <summary>The text of a header; null when it is absent.</summary>
    public static string? Header(ConsumeResult<byte[], byte[]> record, string name) =>
        record.Message.Headers.TryGetLastBytes(name, out byte[] value) ? Encoding.UTF8.GetString(value) : null;

    private static int CountPartitions(ClientConfig config, string topic)
    {
        using IAdminClient admin = new AdminClientBuilder(config).Build();
        return admin.GetMetadata(topic, s_patience).Topics[0].Partitions.Count;
    }
}
