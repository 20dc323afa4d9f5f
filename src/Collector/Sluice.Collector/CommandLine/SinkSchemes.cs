// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>The schemes of sink URIs.</summary>
internal static class SinkSchemes
{
    public const string Console = "console";
    public const string JsonLines = "jsonl";
    public const string Null = "null";
    public const string Kafka = "kafka";
    public const string OtlpGrpc = "otlp+grpc";
    public const string OtlpHttp = "otlp+http";
    public const string Raw = "raw";

    /// <summary>Sinks of this version.</summary>
    public static IReadOnlyList<string> Available { get; } = [Console, JsonLines, Kafka, OtlpGrpc, OtlpHttp, Raw, Null];

    /// <summary>Sinks that have a name but no code yet.</summary>
    public static IReadOnlyList<string> Planned { get; } = ["pcapng", "keylog"];
}
