// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Sinks.Kafka;

/// <summary>The events that exist, by kind, and the topic of each.</summary>
internal static class KafkaTopics
{
    /// <summary>Kinds are small numbers: a table indexed by kind has this many places.</summary>
    public const int KindCount = (int)EventKind.Connection + 1;

    /// <summary>The value of <c>event_name</c>.</summary>
    public static string EventName(EventKind kind) => kind switch
    {
        EventKind.TlsData => EventNames.TlsData,
        EventKind.CaptureLoss => EventNames.CaptureLoss,
        EventKind.Connection => EventNames.NetworkConnection,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not an event."),
    };

    /// <summary>The topic of a kind.</summary>
    public static string Of(string pattern, EventKind kind) =>
        pattern.Replace(KafkaSinkOptions.EventPlaceholder, EventName(kind), StringComparison.Ordinal);

    /// <summary>Every topic that a sink may write events of these kinds to, each once.</summary>
    public static IReadOnlyCollection<string> All(KafkaSinkOptions options, IReadOnlyList<EventKind> kinds)
    {
        var topics = new SortedSet<string>(StringComparer.Ordinal);
        foreach (EventKind kind in kinds)
        {
            topics.Add(Of(options.Topic, kind));
            if (options.DeadLetterTopic is { } deadLetter)
            {
                topics.Add(Of(deadLetter, kind));
            }
        }

        return topics;
    }
}
