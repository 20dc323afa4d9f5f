// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>The words of a <c>sluice capture</c> command line, not yet checked; null = the option was not given.</summary>
internal sealed record CaptureWords : RunWords
{
    public IReadOnlyList<string> Modules { get; init; } = [];

    public IReadOnlyList<string> Pids { get; init; } = [];

    public IReadOnlyList<string> Uids { get; init; } = [];

    public IReadOnlyList<string> Cgroups { get; init; } = [];

    public IReadOnlyList<string> Libraries { get; init; } = [];

    public string? Btf { get; init; }

    public string? BtfFile { get; init; }

    public string? MapSize { get; init; }

    public string? Transport { get; init; }

    public string? Mode { get; init; }

    public string? PayloadLimit { get; init; }

    public string? UdpIdle { get; init; }

    public string? ReadyFile { get; init; }

    public string? Duration { get; init; }

    public TelemetryWords Telemetry { get; init; } = new();
}
