// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// What a <c>kafka:</c> URI says:
/// <c>kafka://host:9092,host:9092/topic?encoding=json|msgpack|otlp_proto&amp;batch=false|true&amp;key=connection|process|host|none&amp;compression=none|gzip|snappy|lz4|zstd&amp;acks=all|1|0</c>
/// and, also as options, <c>batch-events=N</c>, <c>batch-bytes=SIZE</c>, <c>headers=true|false</c>, <c>dead-letter=TOPIC</c>, <c>start=check|lazy</c> and <c>config.NAME=VALUE</c> for any property of librdkafka,
/// whose value may stand in a file or an environment variable (<see cref="ReferredValue"/>).
/// </summary>
public sealed class KafkaSinkOptions
{
    /// <summary>Stands in a topic name for the name of the event, such as <c>tls.data</c>.</summary>
    public const string EventPlaceholder = "{event}";

    private const string DeliveryTimeout = "message.timeout.ms";
    private const string ConfigPrefix = "config.";
    private const int MaxTopicLength = 249;

    /// <summary>The sink's key in the ledger.</summary>
    public required string Name { get; init; }

    /// <summary>How messages name the sink: its URI without options, which may hold passwords.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Brokers to ask first, <c>host:port</c> separated by commas.</summary>
    public required string Brokers { get; init; }

    /// <summary>The topic; may contain <see cref="EventPlaceholder"/>.</summary>
    public required string Topic { get; init; }

    /// <summary>How values are written.</summary>
    public KafkaEncoding Encoding { get; init; }

    /// <summary>True: a record holds many events; false: one.</summary>
    public bool IsBatched { get; init; }

    /// <summary>The most events that a record of many holds.</summary>
    public int MaxBatchEvents { get; init; } = int.MaxValue;

    /// <summary>The most bytes that the value of a record of many events has; the topic may take less.</summary>
    public int MaxBatchBytes { get; init; } = int.MaxValue;

    /// <summary>True: records have headers, <c>content-type</c> and, those of one event, <c>event_name</c>.</summary>
    public bool HasHeaders { get; init; }

    /// <summary>What keys are made of.</summary>
    public KafkaKey Key { get; init; }

    /// <summary>librdkafka's <c>compression.type</c>.</summary>
    public string Compression { get; init; } = "none";

    /// <summary><c>all</c>, <c>1</c> or <c>0</c>: which copies of a record must be written before it counts as delivered.</summary>
    public string Acks { get; init; } = "all";

    /// <summary>Where records that are too large go, cut to fit; null when they are dropped.</summary>
    public string? DeadLetterTopic { get; init; }

    /// <summary>True: start although no broker answers, and let events wait for one.</summary>
    public bool StartsLazily { get; init; }

    /// <summary>Properties for librdkafka that come on top of ours.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the options of a sink and checks every one of them, those for librdkafka included. No network.</summary>
    /// <exception cref="SinkUriException">An option is unknown or has a bad value.</exception>
    /// <exception cref="SinkException">librdkafka cannot be loaded.</exception>
    public static KafkaSinkOptions Parse(SinkUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        (string brokers, string topic) = SplitTarget(uri);
        KafkaEncoding encoding = ParseEncoding(uri.TakeChoice("encoding", "json", "msgpack", "otlp_proto"));
        bool isBatched = ParseBatch(uri, encoding);
        var options = new KafkaSinkOptions
        {
            Name = uri.Name,
            DisplayName = uri.Text,
            Brokers = brokers,
            Topic = CheckTopic(uri, topic, "topic"),
            Encoding = encoding,
            IsBatched = isBatched,
            MaxBatchEvents = TakeBatchLimit(uri, isBatched, "batch-events", uri.TakeInt("batch-events", min: 1)),
            MaxBatchBytes = TakeBatchLimit(uri, isBatched, "batch-bytes", uri.TakeSize("batch-bytes", minBytes: 1)),

            // On by default though they cost half as much as all the rest (1.3 of 3.9 µs CPU an event): consumers choose their reader by them.
            HasHeaders = uri.TakeBool("headers") ?? true,
            Key = ParseKey(uri.TakeChoice("key", "connection", "process", "host", "none")),
            Compression = uri.TakeChoice("compression", "none", "gzip", "snappy", "lz4", "zstd"),
            Acks = uri.TakeChoice("acks", "all", "1", "0"),
            DeadLetterTopic = uri.Take("dead-letter") is { } deadLetter ? CheckTopic(uri, deadLetter, "dead-letter topic") : null,
            StartsLazily = uri.TakeChoice("start", "check", "lazy") == "lazy",
            Configuration = TakeConfiguration(uri),
        };
        uri.ThrowIfUnused();
        if (KafkaConfiguration.FindProblem(options) is { } problem)
        {
            throw uri.Error(problem);
        }

        return options;
    }

    private static Dictionary<string, string> TakeConfiguration(SinkUri uri)
    {
        var configuration = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in uri.TakePrefixed(ConfigPrefix))
        {
            configuration.Add(name, ReferredValue.Resolve(uri, ConfigPrefix + name, value));
        }

        if (uri.Overflow == OverflowPolicy.Spool && !configuration.ContainsKey(DeliveryTimeout) && !configuration.ContainsKey("delivery.timeout.ms"))
        {
            // Whoever wants events kept on disk through an outage does not want those that librdkafka has to be given up after five minutes of it.
            configuration.Add(DeliveryTimeout, "0");
        }

        return configuration;
    }

    private static (string Brokers, string Topic) SplitTarget(SinkUri uri)
    {
        int slash = uri.Target.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || slash == uri.Target.Length - 1)
        {
            throw uri.Error("it needs brokers and a topic; write kafka://host:9092,host:9092/topic");
        }

        string brokers = uri.Target[..slash];
        foreach (string broker in brokers.Split(','))
        {
            if (!BrokerAddress.IsValid(broker))
            {
                throw uri.Error($"'{broker}' is no broker; write host, host:port or [IPv6]:port, with a port from 1 to {ushort.MaxValue}");
            }
        }

        return (brokers, uri.Target[(slash + 1)..]);
    }

    private static string CheckTopic(SinkUri uri, string topic, string what)
    {
        string name = topic.Replace(EventPlaceholder, EventNames.TlsData, StringComparison.Ordinal);
        bool isValid = name.Length is > 0 and <= MaxTopicLength && name is not ("." or "..");
        foreach (char letter in name)
        {
            isValid &= char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-';
        }

        return isValid
            ? topic
            : throw uri.Error($"'{topic}' is no {what}; use letters, digits, '.', '_', '-' and {EventPlaceholder}, {MaxTopicLength} characters at most");
    }

    private static KafkaEncoding ParseEncoding(string encoding) => encoding switch
    {
        "json" => KafkaEncoding.Json,
        "msgpack" => KafkaEncoding.MessagePack,
        _ => KafkaEncoding.OtlpProtobuf,
    };

    private static bool ParseBatch(SinkUri uri, KafkaEncoding encoding)
    {
        bool? batch = uri.TakeBool("batch");
        return batch == false && encoding == KafkaEncoding.OtlpProtobuf
            ? throw uri.Error("encoding=otlp_proto always has many events in a record; leave batch=false out, or limit them with batch-events=1")
            : batch ?? encoding == KafkaEncoding.OtlpProtobuf;
    }

    private static int TakeBatchLimit(SinkUri uri, bool isBatched, string option, long? limit) => limit is null || isBatched
        ? (int)Math.Min(limit ?? int.MaxValue, int.MaxValue)
        : throw uri.Error($"option '{option}' is for records of many events; add batch=true");

    private static KafkaKey ParseKey(string key) => key switch
    {
        "connection" => KafkaKey.Connection,
        "process" => KafkaKey.Process,
        "host" => KafkaKey.Host,
        _ => KafkaKey.None,
    };
}
