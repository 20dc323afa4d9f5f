// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.CommandLine;

/// <summary>What every command that brings events to sinks was asked to do, checked.</summary>
public record RunSettings
{
    /// <summary>Time for everything between the stop signal and the end of the process (DESIGN §4).</summary>
    public static readonly TimeSpan DefaultDrainTimeout = TimeSpan.FromSeconds(10);

    /// <summary>At least one; names are unique, and at most one writes to standard output.</summary>
    public required IReadOnlyList<SinkUri> Sinks { get; init; }

    /// <summary>The console shows payloads as a hex dump.</summary>
    public bool Hex { get; init; }

    public string? LedgerPath { get; init; }

    /// <summary>Stop when this many events came; null = no limit.</summary>
    public long? MaxEvents { get; init; }

    public TimeSpan DrainTimeout { get; init; } = DefaultDrainTimeout;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
