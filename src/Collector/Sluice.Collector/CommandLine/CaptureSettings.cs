// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Collector.Telemetry;
using Sluice.Probes;

namespace Sluice.Collector.CommandLine;

/// <summary>What <c>sluice capture</c> was asked to do, checked.</summary>
public sealed record CaptureSettings : RunSettings
{
    public required IReadOnlyList<string> Modules { get; init; }

    public required CaptureOptions Capture { get; init; }

    public string? ReadyFilePath { get; init; }

    /// <summary>Stop after this time; null = run until a signal.</summary>
    public TimeSpan? Duration { get; init; }

    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.None;
}
