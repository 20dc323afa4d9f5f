// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>
/// Owns an <c>rd_kafka_t</c> together with what goes with it: its topic objects, its event queue and the headers that its records share.
/// </summary>
/// <remarks>Freeing it drops whatever is still queued and waits for librdkafka's threads, which may take as long as a name look-up.</remarks>
internal sealed class ProducerHandle : SafeHandle
{
    private readonly List<nint> _topics = [];
    private readonly List<RecordHeaders> _headers = [];

    // Keeps the memory alive that librdkafka reads values from, until it has ended.
    private readonly RecordArenas _arenas = new();

    private ProducerHandle(nint producer)
        : base(0, ownsHandle: true)
    {
        SetHandle(producer);
        Queue = LibRdKafka.rd_kafka_queue_get_main(producer);
        _ = LibRdKafka.rd_kafka_set_log_queue(producer, Queue);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The queue of events (<c>rd_kafka_queue_t</c>); lives as long as this handle.</summary>
    public nint Queue { get; }

    /// <summary>Where values lie that librdkafka does not copy.</summary>
    public RecordArenas Arenas => _arenas;

    /// <summary>Starts a producer; null and the reason when librdkafka refuses the configuration.</summary>
    public static ProducerHandle? TryCreate(ConfHandle conf, out string error)
    {
        nint producer = conf.CreateProducer(out error);
        return producer == 0 ? null : new ProducerHandle(producer);
    }

    /// <summary>A topic object (<c>rd_kafka_topic_t</c>); lives as long as this handle.</summary>
    public nint OpenTopic(string name)
    {
        nint topic = LibRdKafka.rd_kafka_topic_new(handle, name, 0);
        if (topic == 0)
        {
            throw new ArgumentException($"librdkafka refuses the topic name '{name}'.", nameof(name));
        }

        _topics.Add(topic);
        return topic;
    }

    /// <summary>Frees the headers together with this handle.</summary>
    public void Own(RecordHeaders headers) => _headers.Add(headers);

    protected override bool ReleaseHandle()
    {
        foreach (RecordHeaders headers in _headers)
        {
            headers.Free();
        }

        foreach (nint topic in _topics)
        {
            LibRdKafka.rd_kafka_topic_destroy(topic);
        }

        LibRdKafka.rd_kafka_queue_destroy(Queue);
        LibRdKafka.rd_kafka_destroy_flags(handle, LibRdKafka.RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        return true;
    }
}
