// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Collector.Telemetry;

/// <summary>Where own metrics and logs go over OTLP.</summary>
/// <param name="Endpoint">The far end, an http or https URL; null: the variables OTEL_EXPORTER_OTLP_* say it.</param>
/// <param name="IsGrpc">OTLP over gRPC and not over HTTP; without meaning when <paramref name="Endpoint"/> is null.</param>
public sealed record OtlpTarget(Uri? Endpoint, bool IsGrpc)
{
    /// <summary>For messages.</summary>
    public override string ToString() => Endpoint?.ToString() ?? "the endpoint in OTEL_EXPORTER_OTLP_ENDPOINT";
}
