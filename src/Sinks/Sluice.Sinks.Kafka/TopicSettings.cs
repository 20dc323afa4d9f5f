// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>Reads a topic's settings from the brokers (DescribeConfigs). Blocks.</summary>
internal static unsafe class TopicSettings
{
    /// <summary>
    /// The least value of a setting among several topics; null when the brokers do not tell it: no right to, too old, or no answer in time.
    /// </summary>
    public static int? ReadLeast(ProducerHandle producer, IReadOnlyCollection<string> topics, string setting, int timeoutMs)
    {
        bool isHeld = false;
        producer.DangerousAddRef(ref isHeld);
        nint rk = producer.DangerousGetHandle();
        nint queue = LibRdKafka.rd_kafka_queue_new(rk);
        nint options = LibRdKafka.rd_kafka_AdminOptions_new(rk, LibRdKafka.RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        nint[] resources = [.. topics.Select(t => LibRdKafka.rd_kafka_ConfigResource_new(LibRdKafka.RD_KAFKA_RESOURCE_TOPIC, t))];
        try
        {
            byte* error = stackalloc byte[128];
            _ = LibRdKafka.rd_kafka_AdminOptions_set_request_timeout(options, timeoutMs, error, 128);

            // SAFETY: the call copies the resources and the options; the answer comes to our own queue and is freed here.
            fixed (nint* pointer = resources)
            {
                LibRdKafka.rd_kafka_DescribeConfigs(rk, pointer, (nuint)resources.Length, options, queue);
            }

            nint rkev = LibRdKafka.rd_kafka_queue_poll(queue, timeoutMs);
            if (rkev == 0)
            {
                return null;
            }

            int? least = FindLeast(rkev, setting);
            LibRdKafka.rd_kafka_event_destroy(rkev);
            return least;
        }
        finally
        {
            Array.ForEach(resources, LibRdKafka.rd_kafka_ConfigResource_destroy);
            LibRdKafka.rd_kafka_AdminOptions_destroy(options);
            LibRdKafka.rd_kafka_queue_destroy(queue);
            producer.DangerousRelease();
        }
    }

    private static int? FindLeast(nint rkev, string setting)
    {
        nint result = LibRdKafka.rd_kafka_event_error(rkev) == KafkaError.ERR_NO_ERROR ? LibRdKafka.rd_kafka_event_DescribeConfigs_result(rkev) : 0;
        if (result == 0)
        {
            return null;
        }

        nuint count;
        nint* resources = LibRdKafka.rd_kafka_DescribeConfigs_result_resources(result, &count);
        int? least = null;

        // SAFETY: librdkafka says how many there are; they belong to the event.
        for (nuint i = 0; i < count; i++)
        {
            if (int.TryParse(FindValue(resources[i], setting), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            {
                least = Math.Min(least ?? int.MaxValue, value);
            }
        }

        return least;
    }

    private static string? FindValue(nint resource, string setting)
    {
        if (LibRdKafka.rd_kafka_ConfigResource_error(resource) != KafkaError.ERR_NO_ERROR)
        {
            return null;
        }

        nuint count;
        nint* entries = LibRdKafka.rd_kafka_ConfigResource_configs(resource, &count);

        // SAFETY: array and strings belong to the event, which lives until our caller destroys it.
        for (nuint i = 0; i < count; i++)
        {
            if (Marshal.PtrToStringUTF8((nint)LibRdKafka.rd_kafka_ConfigEntry_name(entries[i])) == setting)
            {
                return Marshal.PtrToStringUTF8((nint)LibRdKafka.rd_kafka_ConfigEntry_value(entries[i]));
            }
        }

        return null;
    }
}
