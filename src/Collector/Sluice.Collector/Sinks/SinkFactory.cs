// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Files;
using Sluice.Sinks.Kafka;
using Sluice.Sinks.Otlp;
using Sluice.Spool;

namespace Sluice.Collector.Sinks;

/// <summary>Makes sinks from their URIs. Nothing is opened: that is for the pipeline's start.</summary>
internal sealed class SinkFactory
{
    private readonly bool _hex;
    private readonly ILoggerFactory _loggers;
    private readonly IReadOnlyList<EventKind> _kinds;

    /// <param name="hex">The console shows payloads as a hex dump.</param>
    /// <param name="kinds">The events that the run can produce.</param>
    /// <param name="loggers">For what sinks have to say.</param>
    public SinkFactory(bool hex, IReadOnlyList<EventKind> kinds, ILoggerFactory loggers)
    {
        _hex = hex;
        _kinds = kinds;
        _loggers = loggers;
    }

    /// <summary>The queue in front of a sink, as its URI asks.</summary>
    /// <param name="uri">The sink.</param>
    /// <param name="loggers">For what its spool has to say.</param>
    public static SinkQueueOptions QueueOptions(SinkUri uri, ILoggerFactory loggers) => new()
    {
        MaxBytes = uri.QueueBytes ?? SinkQueueOptions.DefaultMaxBytes,
        Overflow = uri.Overflow,
        Spool = uri.Spool is { } spool ? new SqliteBatchSpool(spool, uri.Name, loggers.CreateLogger("spool")) : null,
        DropsWhenSpoolIsFull = uri.Spool is { DropsWhenFull: true },
    };

    /// <exception cref="SinkUriException">An option is unknown or has a bad value.</exception>
    public ISink Create(SinkUri uri) => uri.Scheme switch
    {
        SinkSchemes.Console => new ConsoleSink(ConsoleSinkOptions.Parse(uri, _hex)),
        SinkSchemes.JsonLines => new JsonLinesSink(JsonLinesSinkOptions.Parse(uri)),
        SinkSchemes.Raw => new RawSink(RawSinkOptions.Parse(uri)),
        SinkSchemes.Null => new NullSink(NullSinkOptions.Parse(uri)),
        SinkSchemes.Kafka => new KafkaSink(KafkaSinkOptions.Parse(uri), _kinds, _loggers.CreateLogger("kafka")),
        SinkSchemes.OtlpGrpc or SinkSchemes.OtlpHttp => new OtlpSink(OtlpSinkOptions.Parse(uri), _loggers.CreateLogger("otlp")),
        _ => throw new ArgumentException($"There is no sink '{uri.Scheme}'.", nameof(uri)),
    };
}
