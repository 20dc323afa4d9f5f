// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using Confluent.Kafka;

namespace Sluice.Sources.Kafka;

/// <summary>Turns the source's options into librdkafka's properties.</summary>
internal static class ConsumerConfiguration
{
    /// <summary>Properties that the source's own accounting rests on.</summary>
    private static readonly FrozenDictionary<string, string> s_reserved = new Dictionary<string, string>
    {
        ["bootstrap.servers"] = "the brokers stand in the URI",
        ["metadata.broker.list"] = "the brokers stand in the URI",
        ["group.id"] = "the group is --group",
        ["auto.offset.reset"] = "use start=earliest or start=latest",
        ["enable.auto.commit"] = "offsets are committed when the sinks have an outcome for the events",
        ["auto.commit.enable"] = "offsets are committed when the sinks have an outcome for the events",
        ["enable.auto.offset.store"] = "offsets are committed when the sinks have an outcome for the events",
        ["partition.assignment.strategy"] = "partitions are handed over one by one (cooperative-sticky)",
        ["group.protocol"] = "partitions are handed over by the classic protocol",
        ["enable.partition.eof"] = "the end of a partition is no event",
        ["isolation.level"] = "what a transaction has not committed must not be delivered",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What cannot be set, to be shown to the user; null when nothing is wrong.</summary>
    public static string? FindReserved(KafkaSourceOptions options)
    {
        foreach (string name in options.Configuration.Keys)
        {
            if (s_reserved.TryGetValue(name, out string? reason))
            {
                return $"option 'config.{name}' cannot be set here: {reason}";
            }
        }

        return null;
    }

    /// <summary>The properties of a consumer.</summary>
    public static ConsumerConfig Create(KafkaSourceOptions options)
    {
        var config = new ConsumerConfig
        {
            ClientId = "sluice",
            BootstrapServers = options.Brokers,
            GroupId = options.Group,
            AutoOffsetReset = options.StartsAtEnd ? AutoOffsetReset.Latest : AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
            EnableAutoOffsetStore = false,

            // A partition that stays where it is is not given up in between, so the others go on during a rebalance.
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky,

            // A broker that comes back is found within two seconds, as by the sink.
            ReconnectBackoffMaxMs = 2000,

            // Records of a megabyte with many events: with librdkafka's default of one megabyte a fetch, each of them is a request of its own.
            MaxPartitionFetchBytes = 8 * 1024 * 1024,

            // Fetched and not yet read; beside the queues of the sinks, what a relay holds.
            QueuedMaxMessagesKbytes = 64 * 1024,

            // Only the topic's name and the headers are looked at, beside partition and offset.
            ConsumeResultFields = "headers,topic",
        };
        foreach ((string name, string value) in options.Configuration)
        {
            config.Set(name, value);
        }

        return config;
    }
}
