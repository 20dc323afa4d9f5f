// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Files;
using Sluice.Sinks.Kafka;
using Sluice.Sinks.Otlp;
using Sluice.Spool;

namespace Sluice.Throughput;

/// <summary>Makes the product's sinks from their URIs, as the collector does.</summary>
internal static class SinkFactory
{
    /// <summary>The queue in front of a sink.</summary>
    public static SinkQueueOptions Queue(SinkUri uri) => new()
    {
        MaxBytes = uri.QueueBytes ?? SinkQueueOptions.DefaultMaxBytes,
        Overflow = uri.Overflow,
        Spool = uri.Spool is { } spool ? new SqliteBatchSpool(spool, uri.Name, NullLogger.Instance) : null,
        DropsWhenSpoolIsFull = uri.Spool is { DropsWhenFull: true },
    };

    /// <exception cref="SinkUriException">The URI is wrong; the message is for the user.</exception>
    public static ISink Create(SinkUri uri) => uri.Scheme switch
    {
        "null" => new NullSink(NullSinkOptions.Parse(uri)),
        "jsonl" => new JsonLinesSink(JsonLinesSinkOptions.Parse(uri)),
        "kafka" => new KafkaSink(KafkaSinkOptions.Parse(uri), [EventKind.TlsData, EventKind.CaptureLoss]),
        "otlp+grpc" or "otlp+http" => new OtlpSink(OtlpSinkOptions.Parse(uri)),
        _ => throw uri.Error("the benches know null:, jsonl:, kafka:, otlp+grpc: and otlp+http:"),
    };
}
