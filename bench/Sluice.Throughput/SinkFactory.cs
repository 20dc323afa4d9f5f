// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Files;
using Sluice.Sinks.Kafka;
using Sluice.Sinks.Otlp;

namespace Sluice.Throughput;

/// <summary>Makes the product's sinks from their URIs, as the collector does.</summary>
internal static class SinkFactory
{
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
