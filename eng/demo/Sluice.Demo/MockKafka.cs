// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Confluent.Kafka;

namespace Sluice.Demo;

/// <summary>
/// A Kafka cluster inside of this process: librdkafka's mock cluster, which lives as long as the client that asked for it and
/// speaks the real protocol on a loopback port.
/// </summary>
internal sealed class MockKafka : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly IProducer<Null, Null> _owner;

    public MockKafka()
    {
        Dictionary<string, string> settings = new() { ["test.mock.num.brokers"] = "1" };
        _owner = new ProducerBuilder<Null, Null>(settings).SetLogHandler(static (_, _) => { }).Build();
        using IAdminClient admin = new DependentAdminClientBuilder(_owner.Handle).Build();
        BrokerMetadata broker = admin.GetMetadata(s_timeout).Brokers.Single();
        Address = $"{broker.Host}:{broker.Port}";
    }

    /// <summary>host:port of the broker.</summary>
    public string Address { get; }

    /// <summary>Reads the whole topic as it is now, with a client of its own. Blocks, 10 s at most.</summary>
    /// <returns>The number of records.</returns>
    /// <exception cref="DemoException">The end was not reached in time.</exception>
    public int CountRecords(string topic, CancellationToken stop)
    {
        ConsumerConfig config = new()
        {
            BootstrapServers = Address,
            GroupId = "sluice-demo",
            EnableAutoCommit = false,
            EnablePartitionEof = true,
        };
        using IConsumer<byte[], byte[]> consumer = new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
        TopicPartitionOffset[] partitions = FindPartitions(topic);
        consumer.Assign(partitions);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(s_timeout);
        try
        {
            return CountToEnds(consumer, partitions.Length, deadline.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new DemoException($"topic '{topic}' could not be read to its end within {s_timeout.TotalSeconds:0} s.");
        }
    }

    public void Dispose() => _owner.Dispose();

    private static int CountToEnds(IConsumer<byte[], byte[]> consumer, int partitions, CancellationToken stop)
    {
        int records = 0;
        for (int ends = 0; ends < partitions;)
        {
            if (consumer.Consume(stop).IsPartitionEOF)
            {
                ends++;
            }
            else
            {
                records++;
            }
        }

        return records;
    }

    private TopicPartitionOffset[] FindPartitions(string topic)
    {
        using IAdminClient admin = new DependentAdminClientBuilder(_owner.Handle).Build();
        TopicMetadata found = admin.GetMetadata(topic, s_timeout).Topics.Single();
        return [.. found.Partitions.Select(partition => new TopicPartitionOffset(topic, partition.PartitionId, Offset.Beginning))];
    }
}
