// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Sluice.Collector.Telemetry;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;

namespace Sluice.Collector.CommandLine;

/// <summary>What <c>sluice capture</c> was asked to do, checked.</summary>
public sealed record CaptureSettings
{
    /// <summary>Time for everything between the stop signal and the end of the process (DESIGN §4).</summary>
    public static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(10);

    public required IReadOnlyList<string> Modules { get; init; }

    public required CaptureOptions Capture { get; init; }

    /// <summary>At least one; names are unique, and at most one writes to standard output.</summary>
    public required IReadOnlyList<SinkUri> Sinks { get; init; }

    /// <summary>The console shows payloads as a hex dump.</summary>
    public bool Hex { get; init; }

    public string? LedgerPath { get; init; }

    public string? ReadyFilePath { get; init; }

    /// <summary>Stop after this time; null = run until a signal.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Stop when this many events were captured; null = no limit.</summary>
    public long? MaxEvents { get; init; }

    public TimeSpan DrainTimeout { get; init; } = DefaultDrainTimeout;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.None;
}
