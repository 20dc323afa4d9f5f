// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Kafka;

/// <summary>How a record's value is written.</summary>
public enum KafkaEncoding
{
    /// <summary>One JSON object.</summary>
    Json,

    /// <summary>One MessagePack map with the same names; the payload is binary.</summary>
    MessagePack,

    /// <summary>One ExportLogsServiceRequest of OTLP, in Protocol Buffers; always with many events.</summary>
    OtlpProtobuf,
}
