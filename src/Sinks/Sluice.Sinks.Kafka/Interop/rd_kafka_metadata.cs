// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>Mirrors <c>rd_kafka_metadata_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct rd_kafka_metadata
{
    public int broker_cnt;
    public void* brokers;
    public int topic_cnt;
    public rd_kafka_metadata_topic* topics;
    public int orig_broker_id;
    public byte* orig_broker_name;
}
