// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Kafka;

/// <summary>The encoders of <see cref="KafkaEncoding"/>.</summary>
internal static class KafkaEncoders
{
    /// <summary>For one event per record; null when the encoding has no such form.</summary>
    public static IEventEncoder? ForEvents(KafkaEncoding encoding) => encoding switch
    {
        KafkaEncoding.Json => new JsonEventEncoder(),
        KafkaEncoding.MessagePack => new MessagePackEventEncoder(),
        _ => null,
    };

    /// <summary>For many events per record.</summary>
    public static IEventBatchEncoder ForBatches(KafkaEncoding encoding) => encoding switch
    {
        KafkaEncoding.Json => new JsonArrayEncoder(),
        KafkaEncoding.MessagePack => new MessagePackArrayEncoder(),
        _ => new OtlpLogsEncoder(),
    };
}
