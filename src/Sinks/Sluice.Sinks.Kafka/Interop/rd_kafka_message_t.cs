// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>Mirrors <c>rd_kafka_message_t</c> of rdkafka.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct rd_kafka_message_t
{
    public int err;
    public nint rkt;
    public int partition;
    public void* payload;
    public nuint len;
    public void* key;
    public nuint key_len;
    public long offset;

    /// <summary>The opaque of the record: our token.</summary>
    public nint _private;
}
