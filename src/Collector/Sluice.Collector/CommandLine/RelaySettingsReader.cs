// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Sources.Kafka;

namespace Sluice.Collector.CommandLine;

/// <summary>Checks the words of <c>sluice relay</c>.</summary>
internal static class RelaySettingsReader
{
    private const string EventPlaceholder = "{event}";

    // Kafka's own limit is that of a string of its protocol; names longer than a topic's are mistakes.
    private const int MaxGroupLength = 249;

    /// <exception cref="UsageException">A word cannot be; the message names it and what is allowed.</exception>
    /// <exception cref="SinkUriException">A URI cannot be understood.</exception>
    public static RelaySettings Read(RelayWords words)
    {
        string from = words.From ?? throw new UsageException("no source given; name the brokers and the topic: --from kafka://host:9092/topic.");
        KafkaSourceOptions source = KafkaSourceOptions.Parse(SinkUri.ParseSource(from), CheckGroup(words.Group));
        IReadOnlyList<SinkUri> sinks = RunSettingsReader.ReadSinks(words);
        CheckCircle(source, sinks);
        return new RelaySettings
        {
            Source = source,
            Sinks = sinks,
            Hex = words.Hex,
            LedgerPath = RunSettingsReader.ReadOutputFile("--ledger", words.Ledger, sinks),
            MaxEvents = RunSettingsReader.ReadMaxEvents("--max-events", words.MaxEvents),
            DrainTimeout = RunSettingsReader.ReadDrainTimeout("--drain-timeout", words.DrainTimeout),
            LogLevel = RunSettingsReader.ReadLogLevel("--log-level", words.LogLevel),
        };
    }

    private static string CheckGroup(string? group) => group switch
    {
        null => throw new UsageException("no consumer group given; name one with --group: relays of one group share the partitions."),
        { Length: 0 or > MaxGroupLength } => throw new UsageException($"--group '{group}': a name of 1 to {MaxGroupLength} characters is wanted."),
        _ => group,
    };

    /// <summary>A relay that writes to the topic that it reads would deliver every event for ever.</summary>
    private static void CheckCircle(KafkaSourceOptions source, IEnumerable<SinkUri> sinks)
    {
        string[] brokers = source.Brokers.Split(',');
        foreach (SinkUri sink in sinks.Where(static sink => sink.Scheme == SinkSchemes.Kafka))
        {
            int slash = sink.Target.IndexOf('/', StringComparison.Ordinal);
            if (slash > 0 && sink.Target[..slash].Split(',').Intersect(brokers, StringComparer.OrdinalIgnoreCase).Any()
                && Topics(sink.Target[(slash + 1)..]).Any(topic => source.Topics.Any(read => Reads(read, topic))))
            {
                throw new UsageException($"--sink '{sink.Text}': --from reads this topic, so every event would go round for ever; name another one.");
            }
        }
    }

    private static IEnumerable<string> Topics(string pattern) =>
        ((string[])[EventNames.TlsData, EventNames.NetworkConnection, EventNames.CaptureLoss])
        .Select(name => pattern.Replace(EventPlaceholder, name, StringComparison.Ordinal));

    private static bool Reads(string read, string topic) => read.StartsWith('^') ? Regex.IsMatch(topic, read) : read == topic;
}
