// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>Mirrors <c>rd_kafka_metadata_topic_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct rd_kafka_metadata_topic
{
    public byte* topic;
    public int partition_cnt;
    public void* partitions;
    public int err;
}
