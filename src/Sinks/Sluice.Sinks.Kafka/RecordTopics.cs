// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Sinks.Kafka;

/// <summary>The producer's topics and headers, found by the kind of an event.</summary>
internal sealed class RecordTopics
{
    private readonly RecordTemplate?[] _byKind = new RecordTemplate?[KafkaTopics.KindCount];

    /// <param name="options">The topic's name, and whether there are headers.</param>
    /// <param name="contentType">Media type of the values.</param>
    /// <param name="kinds">The events that there can be.</param>
    /// <param name="producer">Opens the topics.</param>
    public RecordTopics(KafkaSinkOptions options, string contentType, IReadOnlyList<EventKind> kinds, KafkaProducer producer)
    {
        // A record of many events may hold several kinds, if they share a topic.
        var shared = new Dictionary<string, RecordTemplate>(StringComparer.Ordinal);
        foreach (EventKind kind in kinds)
        {
            string name = KafkaTopics.Of(options.Topic, kind);
            if (!options.IsBatched || !shared.TryGetValue(name, out RecordTemplate? template))
            {
                RecordHeaders? headers = options.HasHeaders ? CreateHeaders(options, contentType, kind) : null;
                template = new RecordTemplate(producer.Handle.OpenTopic(name), headers) { HeadersNumber = headers is null ? 0 : 1 + (int)kind };
                shared[name] = template;
                HeadersBytes = Math.Max(HeadersBytes, headers?.MaxWireBytes ?? 0);
                if (headers is not null)
                {
                    producer.Recycle(template.HeadersNumber, headers);
                }
            }

            _byKind[(int)kind] = template;
        }
    }

    /// <summary>The most that any record's headers take.</summary>
    public int HeadersBytes { get; }

    /// <summary>The topic of a sample with a whole header; null for a kind that the run was not to have.</summary>
    public RecordTemplate? Find(ReadOnlySpan<byte> sample)
    {
        uint kind = (uint)MemoryMarshal.Read<EventHeader>(sample).Kind;
        return kind < (uint)_byKind.Length ? _byKind[kind] : null;
    }

    private static RecordHeaders CreateHeaders(KafkaSinkOptions options, string contentType, EventKind kind) => options.IsBatched
        ? new RecordHeaders(("content-type", contentType))
        : new RecordHeaders(("content-type", contentType), ("event_name", KafkaTopics.EventName(kind)));
}
