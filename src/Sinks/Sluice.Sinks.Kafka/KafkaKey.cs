// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Kafka;

/// <summary>What a record's key is. Records of one key stay in order; records of different keys may be in different partitions.</summary>
public enum KafkaKey
{
    /// <summary><c>host/connection id</c> (16 hexadecimal digits); <c>host</c> for events that belong to no connection.</summary>
    Connection,

    /// <summary><c>host/process id</c>.</summary>
    Process,

    /// <summary><c>host</c>.</summary>
    Host,

    /// <summary>No key: records go to any partition, in no order.</summary>
    None,
}
