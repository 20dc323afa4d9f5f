// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Globalization;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>Turns the sink's options into librdkafka's properties.</summary>
internal static class KafkaConfiguration
{
    public const string MessageMaxBytes = "message.max.bytes";

    /// <summary>librdkafka's default, which we keep.</summary>
    public const int DefaultMessageMaxBytes = 1_000_000;

    private const string BatchSize = "batch.size";

    /// <summary>The least value librdkafka takes for <see cref="MessageMaxBytes"/>.</summary>
    private const int LeastMessageMaxBytes = 1000;

    /// <summary>Properties that the sink's own accounting rests on.</summary>
    private static readonly FrozenDictionary<string, string> s_reserved = new Dictionary<string, string>
    {
        ["bootstrap.servers"] = "the brokers stand in the URI",
        ["metadata.broker.list"] = "the brokers stand in the URI",
        ["delivery.report.only.error"] = "the ledger needs every delivery report",
        ["transactional.id"] = "the sink uses no transactions",
        ["log.queue"] = "log lines go to the program's log",
        ["enabled_events"] = "the sink chooses its events",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is wrong with the options for librdkafka, to be shown to the user; null when nothing is.</summary>
    /// <exception cref="SinkException">librdkafka cannot be loaded.</exception>
    public static string? FindProblem(KafkaSinkOptions options)
    {
        using ConfHandle? conf = TryCreate(options, out string? problem);
        return conf is null ? problem : null;
    }

    /// <summary>A configuration for a new producer; null and the problem when librdkafka does not take it.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <param name="problem">Which option is wrong, and how.</param>
    /// <param name="brokerMessageMaxBytes">Longest batch that the broker takes for the topic, when it is known and less than ours.</param>
    public static ConfHandle? TryCreate(KafkaSinkOptions options, out string? problem, int? brokerMessageMaxBytes = null)
    {
        ConfHandle conf = Open(options);
        problem = Apply(conf, options, brokerMessageMaxBytes);
        if (problem is null)
        {
            conf.EnableEvents();
            return conf;
        }

        conf.Dispose();
        return null;
    }

    /// <summary>True when the user set the size of records or batches, so that the broker's limit is not asked for.</summary>
    public static bool SetsSizes(KafkaSinkOptions options) =>
        options.Configuration.ContainsKey(MessageMaxBytes) || options.Configuration.ContainsKey(BatchSize);

    /// <summary>True when the user set how long records wait for a full batch.</summary>
    public static bool SetsLinger(KafkaSinkOptions options) =>
        options.Configuration.ContainsKey("linger.ms") || options.Configuration.ContainsKey("queue.buffering.max.ms");

    /// <summary><see cref="MessageMaxBytes"/> of a configuration, by whichever name it was set.</summary>
    public static int MessageMaxBytesOf(ConfHandle conf) => int.Parse(conf.Get(MessageMaxBytes)!, CultureInfo.InvariantCulture);

    private static ConfHandle Open(KafkaSinkOptions options)
    {
        try
        {
            return new ConfHandle();
        }
        catch (DllNotFoundException e)
        {
            throw new SinkException(
                $"Sink '{options.DisplayName}': the library librdkafka is missing beside the program or cannot be loaded ({e.Message.Split('\n')[0]}). "
                + "Run 'make setup' and build again.",
                innerException: e);
        }
    }

    private static string? Apply(ConfHandle conf, KafkaSinkOptions options, int? brokerMessageMaxBytes)
    {
        foreach ((string name, string value) in Defaults(options, brokerMessageMaxBytes))
        {
            if (conf.TrySet(name, value) is { } error)
            {
                return $"{error} (from the sink's options)";
            }
        }

        foreach ((string name, string value) in options.Configuration)
        {
            if (s_reserved.TryGetValue(name, out string? reason))
            {
                return $"option 'config.{name}' cannot be set here: {reason}";
            }

            if (conf.TrySet(name, value) is { } error)
            {
                return $"option 'config.{name}' is refused by librdkafka: {error.TrimEnd('.')}; its CONFIGURATION.md lists the properties";
            }
        }

        return null;
    }

    private static IEnumerable<(string Name, string Value)> Defaults(KafkaSinkOptions options, int? brokerMessageMaxBytes)
    {
        yield return ("client.id", "sluice");
        yield return ("bootstrap.servers", options.Brokers);
        yield return ("log.queue", "true");
        yield return ("compression.type", options.Compression);
        yield return ("acks", options.Acks);

        // Idempotence keeps retried batches in order and without duplicates with five requests on the way, but only with acks=all.
        // Without it one request at a time keeps the order.
        bool isIdempotent = options.Acks == "all";
        yield return ("enable.idempotence", isIdempotent ? "true" : "false");
        yield return ("max.in.flight", isIdempotent ? "5" : "1");

        // The Java clients' partitioner: other producers and stream joins expect a key in the same partition.
        yield return ("partitioner", "murmur2_random");

        // Five minutes cover a broker's restart and an election many times over. Not infinite: a partition that never
        // comes back would else fill the queue and stop all others. What is given up is counted as delivery_timeout.
        yield return ("message.timeout.ms", "300000");

        // KafkaProducer.Linger sends batches that are not full, after 10 ms, and says why librdkafka must not.
        // The size of batches is librdkafka's default, below the brokers' default limit of 1,048,588 bytes: a broker refuses the whole
        // batch and not only the record that made it too long.
        yield return ("linger.ms", LingerMs(options).ToString(CultureInfo.InvariantCulture));

        // Records under way. More than these only cost cache misses (100,000 were a tenth to a third slower); in an outage it is the
        // pipeline's own queue, of samples and not of librdkafka's records, that holds more in the same memory. Beyond that we wait.
        yield return ("queue.buffering.max.messages", "50000");
        yield return ("queue.buffering.max.kbytes", "131072");

        // What KafkaStatistics keeps; costs a millisecond each time.
        yield return ("statistics.interval.ms", "10000");

        // A broker that comes back is found within two seconds; librdkafka's default is up to ten.
        yield return ("reconnect.backoff.max.ms", "2000");

        if (brokerMessageMaxBytes is { } limit)
        {
            string bytes = Math.Max(limit, LeastMessageMaxBytes).ToString(CultureInfo.InvariantCulture);
            yield return (MessageMaxBytes, bytes);
            yield return (BatchSize, bytes);
        }
    }

    /// <summary>As long as may be: librdkafka wants it below the time that a record may take.</summary>
    private static int LingerMs(KafkaSinkOptions options)
    {
        const int longestMs = 60_000;
        string? timeout = options.Configuration.GetValueOrDefault("message.timeout.ms") ?? options.Configuration.GetValueOrDefault("delivery.timeout.ms");
        return int.TryParse(timeout, NumberStyles.None, CultureInfo.InvariantCulture, out int timeoutMs) && timeoutMs > 0
            ? Math.Min(longestMs, timeoutMs / 2)
            : longestMs;
    }
}
