// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>Makes topics, and asks how far a group has come.</summary>
internal static class Topics
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>A new topic; its name.</summary>
    public static async Task<string> CreateAsync(string brokers, int partitions = 4, string prefix = "events")
    {
        string topic = $"{prefix}-{Guid.NewGuid():n}";
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions }]);
        return topic;
    }

    /// <summary>Offsets of the partitions' ends, and those that the group has committed (0 for none), summed up.</summary>
    public static (long End, long Committed) Progress(string brokers, string topic, string group)
    {
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = brokers, GroupId = group, EnableAutoCommit = false }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        TopicPartition[] partitions =
            [.. admin.GetMetadata(topic, s_patience).Topics[0].Partitions.Select(partition => new TopicPartition(topic, partition.PartitionId))];
        List<TopicPartitionOffset> committed = consumer.Committed(partitions, s_patience);
        return (
            partitions.Sum(partition => consumer.QueryWatermarkOffsets(partition, s_patience).High.Value),
            committed.Sum(static one => one.Offset == Offset.Unset ? 0 : one.Offset.Value));
    }
}
