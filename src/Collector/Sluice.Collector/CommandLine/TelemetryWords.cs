// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.CommandLine;

/// <summary>What the user says about own telemetry, not yet checked; null = not given.</summary>
internal sealed record TelemetryWords
{
    /// <summary>Of <c>--listen</c>.</summary>
    public string? Listen { get; init; }

    /// <summary>Of <c>--telemetry-otlp</c>.</summary>
    public string? Otlp { get; init; }
}
