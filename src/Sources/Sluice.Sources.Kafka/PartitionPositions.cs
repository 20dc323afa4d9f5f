// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;
using Confluent.Kafka;

namespace Sluice.Sources.Kafka;

/// <summary>The partitions that records came from. One thread at a time.</summary>
internal sealed class PartitionPositions
{
    private readonly Dictionary<(string Topic, int Partition), PartitionPosition> _positions = [];
    private PartitionPosition? _last;

    /// <summary>True when records have been read that are not committed.</summary>
    public bool HasUncommitted => _positions.Values.Any(static position => !position.IsCommitted);

    /// <summary>A record was read.</summary>
    public void Advance(string topic, int partition, long offset)
    {
        PartitionPosition? last = _last;
        if (last is null || last.Partition != partition || last.Topic != topic)
        {
            last = _last = Find(topic, partition);
        }

        last.Read = offset + 1;
    }

    /// <summary>What there is to commit now.</summary>
    public TopicPartitionOffset[] Uncommitted() =>
    [
        .. _positions.Values.Where(static position => !position.IsCommitted)
            .Select(static position => new TopicPartitionOffset(position.Topic, position.Partition, position.Read)),
    ];

    /// <summary>The brokers have confirmed these.</summary>
    public void NoteCommitted(IEnumerable<TopicPartitionOffset> offsets)
    {
        foreach (TopicPartitionOffset offset in offsets)
        {
            // A partition that was given up meanwhile is somebody else's.
            if (_positions.TryGetValue((offset.Topic, offset.Partition.Value), out PartitionPosition? position))
            {
                position.Committed = offset.Offset.Value;
            }
        }
    }

    /// <summary>The partition is no longer ours.</summary>
    public void Forget(IEnumerable<TopicPartition> partitions)
    {
        foreach (TopicPartition partition in partitions)
        {
            _positions.Remove((partition.Topic, partition.Partition.Value));
        }

        _last = null;
    }

    private PartitionPosition Find(string topic, int partition)
    {
        if (!_positions.TryGetValue((topic, partition), out PartitionPosition? position))
        {
            position = new PartitionPosition(topic, partition);
            _positions.Add((topic, partition), position);
        }

        return position;
    }
}
