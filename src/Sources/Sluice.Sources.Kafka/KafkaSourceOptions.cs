// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka;

namespace Sluice.Sources.Kafka;

/// <summary>
/// What a <c>--from kafka:</c> URI says: <c>kafka://host:9092,host:9092/topic</c>, or <c>kafka://host:9092?topic=a,b</c>; a topic that begins with <c>^</c> is a
/// pattern. Also <c>start=earliest|latest</c>, where a group begins that has read nothing yet, and <c>config.NAME=VALUE</c> for any property of librdkafka, whose value may
/// stand in a file or an environment variable (<see cref="ReferredValue"/>).
/// </summary>
public sealed class KafkaSourceOptions
{
    private const string ConfigPrefix = "config.";
    private const int MaxTopicLength = 249;
    private const char PatternMark = '^';

    /// <summary>How messages name the source: its URI without options, which may hold passwords.</summary>
    public required string DisplayName { get; init; }

    /// <summary>Brokers to ask first, <c>host:port</c> separated by commas.</summary>
    public required string Brokers { get; init; }

    /// <summary>Topics, and patterns of topics.</summary>
    public required IReadOnlyList<string> Topics { get; init; }

    /// <summary>The consumer group.</summary>
    public required string Group { get; init; }

    /// <summary>True: a group that has read nothing yet begins with what comes from now on.</summary>
    public bool StartsAtEnd { get; init; }

    /// <summary>Properties for librdkafka that come on top of ours.</summary>
    public IReadOnlyDictionary<string, string> Configuration { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads the options and checks their form; no network.</summary>
    /// <exception cref="SinkUriException">An option is unknown or has a bad value.</exception>
    public static KafkaSourceOptions Parse(SinkUri uri, string group)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Scheme != "kafka")
        {
            throw uri.Error($"unknown kind of source '{uri.Scheme}'; events are read from kafka://host:9092/topic");
        }

        int slash = uri.Target.IndexOf('/', StringComparison.Ordinal);
        string brokers = slash < 0 ? uri.Target : uri.Target[..slash];
        string? inPath = slash < 0 || slash == uri.Target.Length - 1 ? null : uri.Target[(slash + 1)..];
        var options = new KafkaSourceOptions
        {
            DisplayName = uri.Text,
            Brokers = CheckBrokers(uri, brokers),
            Topics = ReadTopics(uri, inPath),
            Group = group,
            StartsAtEnd = uri.TakeChoice("start", "earliest", "latest") == "latest",
            Configuration = TakeConfiguration(uri),
        };
        uri.ThrowIfUnused();
        if (ConsumerConfiguration.FindReserved(options) is { } problem)
        {
            throw uri.Error(problem);
        }

        return options;
    }

    /// <summary>True for a pattern, which may match topics that do not exist yet.</summary>
    internal static bool IsPattern(string topic) => topic.StartsWith(PatternMark);

    private static string CheckBrokers(SinkUri uri, string brokers)
    {
        foreach (string broker in brokers.Split(','))
        {
            if (!BrokerAddress.IsValid(broker))
            {
                throw uri.Error(brokers.Length == 0
                    ? "it needs brokers and a topic; write kafka://host:9092,host:9092/topic"
                    : $"'{broker}' is no broker; write host, host:port or [IPv6]:port, with a port from 1 to {ushort.MaxValue}");
            }
        }

        return brokers;
    }

    private static string[] ReadTopics(SinkUri uri, string? inPath)
    {
        string? asOption = uri.Take("topic");
        if (inPath is not null && asOption is not null)
        {
            throw uri.Error("the topic stands behind the brokers and as an option; give it once");
        }

        string topics = inPath ?? asOption ?? throw uri.Error("it needs a topic; write kafka://host:9092/topic");
        // A pattern may hold a comma of its own.
        string[] names = IsPattern(topics) ? [topics] : topics.Split(',');
        foreach (string name in names)
        {
            CheckTopic(uri, name);
        }

        return [.. names.Distinct()];
    }

    private static void CheckTopic(SinkUri uri, string topic)
    {
        if (IsPattern(topic))
        {
            CheckPattern(uri, topic);
            return;
        }

        bool isValid = topic.Length is > 0 and <= MaxTopicLength && topic is not ("." or "..")
            && topic.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
        if (!isValid)
        {
            throw uri.Error(
                $"'{topic}' is no topic; use letters, digits, '.', '_' and '-', {MaxTopicLength} characters at most, commas between several, or ^ and a pattern");
        }
    }

    /// <summary>librdkafka reads it as an extended regular expression; what .NET does not take either is no pattern at all.</summary>
    private static void CheckPattern(SinkUri uri, string pattern)
    {
        try
        {
            _ = new Regex(pattern);
        }
        catch (ArgumentException e)
        {
            throw uri.Error($"'{pattern}' is no pattern of topics: {e.Message.TrimEnd('.')}");
        }
    }

    private static Dictionary<string, string> TakeConfiguration(SinkUri uri)
    {
        var configuration = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, string value) in uri.TakePrefixed(ConfigPrefix))
        {
            configuration.Add(name, ReferredValue.Resolve(uri, ConfigPrefix + name, value));
        }

        return configuration;
    }
}
