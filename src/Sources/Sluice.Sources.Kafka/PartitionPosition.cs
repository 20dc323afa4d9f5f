// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sources.Kafka;

/// <summary>How far a partition has been read and committed. Offsets are those of the next record.</summary>
internal sealed class PartitionPosition(string topic, int partition)
{
    public string Topic { get; } = topic;

    public int Partition { get; } = partition;

    /// <summary>Behind the last record that was read; below zero before the first.</summary>
    public long Read { get; set; } = -1;

    /// <summary>What the brokers have confirmed; below zero when nothing is.</summary>
    public long Committed { get; set; } = -1;

    public bool IsCommitted => Read == Committed;
}
