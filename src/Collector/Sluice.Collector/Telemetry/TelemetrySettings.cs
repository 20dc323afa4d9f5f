// SPDX-License-Identifier: Apache-2.0
using System.Net;

namespace Sluice.Collector.Telemetry;

/// <summary>What the program tells of itself, and to whom. By default nothing: then nothing of it is loaded either.</summary>
public sealed record TelemetrySettings
{
    /// <summary>Nothing is told.</summary>
    public static TelemetrySettings None { get; } = new();

    /// <summary>Where /metrics, /healthz and /readyz are served; null for nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Where metrics and logs are sent over OTLP; null for nowhere.</summary>
    public OtlpTarget? Otlp { get; init; }

    /// <summary>True when somebody wants metrics.</summary>
    public bool IsAsked => Listen is not null || Otlp is not null;
}
