// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text.Json;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// What librdkafka tells of itself every <c>statistics.interval.ms</c> (ten seconds): a part of the JSON that its STATISTICS.md describes. Counters count
/// from the producer's start.
/// </summary>
public sealed record KafkaStatistics
{
    /// <summary>Records that wait in the client or are on their way.</summary>
    public long QueuedRecords { get; private init; }

    /// <summary>Bytes of these.</summary>
    public long QueuedBytes { get; private init; }

    /// <summary>Records that were sent, repeats included.</summary>
    public long SentRecords { get; private init; }

    /// <summary>Bytes of these.</summary>
    public long SentRecordBytes { get; private init; }

    /// <summary>Requests that were sent to brokers.</summary>
    public long Requests { get; private init; }

    /// <summary>Bytes of these: what went over the network, compressed.</summary>
    public long RequestBytes { get; private init; }

    /// <summary>Brokers that are known by their address in the cluster.</summary>
    public int Brokers { get; private init; }

    /// <summary>Those of them with a connection that can be used.</summary>
    public int BrokersUp { get; private init; }

    /// <summary>Requests that were sent again.</summary>
    public long Retries { get; private init; }

    /// <summary>Requests that got no answer in time.</summary>
    public long RequestTimeouts { get; private init; }

    /// <summary>Connections that broke or were closed.</summary>
    public long Disconnects { get; private init; }

    /// <summary>Longest time from a request to its answer, as the slowest broker's 99th percentile in the last interval, in microseconds.</summary>
    public long RoundTripP99Us { get; private init; }

    /// <summary>Longest time that a broker asked us to wait (its quota), on average in the last interval, in milliseconds.</summary>
    public long ThrottleMs { get; private init; }

    /// <summary>Reads the JSON; null when it is not what librdkafka writes. Allocates: for a few times a minute.</summary>
    public static KafkaStatistics? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static KafkaStatistics? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("msg_cnt", out _))
        {
            return null;
        }

        var statistics = new KafkaStatistics
        {
            QueuedRecords = Number(root, "msg_cnt"),
            QueuedBytes = Number(root, "msg_size"),
            SentRecords = Number(root, "txmsgs"),
            SentRecordBytes = Number(root, "txmsg_bytes"),
            Requests = Number(root, "tx"),
            RequestBytes = Number(root, "tx_bytes"),
        };
        if (root.TryGetProperty("brokers", out JsonElement brokers) && brokers.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty broker in brokers.EnumerateObject())
            {
                statistics = statistics.With(broker.Value);
            }
        }

        return statistics;
    }

    private KafkaStatistics With(JsonElement broker)
    {
        // Below zero: an address of the bootstrap list, or a connection of the client's own, beside the broker itself.
        bool isBroker = Number(broker, "nodeid") >= 0;
        bool isUp = isBroker && broker.TryGetProperty("state", out JsonElement state) && state.ValueKind == JsonValueKind.String && state.ValueEquals("UP");
        return this with
        {
            Brokers = Brokers + (isBroker ? 1 : 0),
            BrokersUp = BrokersUp + (isUp ? 1 : 0),
            Retries = Retries + Number(broker, "txretries"),
            RequestTimeouts = RequestTimeouts + Number(broker, "req_timeouts"),
            Disconnects = Disconnects + Number(broker, "disconnects"),
            RoundTripP99Us = Math.Max(RoundTripP99Us, Number(broker, "rtt", "p99")),
            ThrottleMs = Math.Max(ThrottleMs, Number(broker, "throttle", "avg")),
        };
    }

    private static long Number(JsonElement parent, string window, string name) =>
        parent.TryGetProperty(window, out JsonElement values) && values.ValueKind == JsonValueKind.Object ? Number(values, name) : 0;

    private static long Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : 0;
}
