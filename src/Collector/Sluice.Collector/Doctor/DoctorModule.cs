// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Collector.Doctor;

/// <summary>What one capture module would use on this host.</summary>
internal sealed record DoctorModule
{
    public required string Name { get; init; }

    /// <summary>Whether the kernel took its programs; null when it was not tried because something else is missing.</summary>
    public required FeatureProbe? Programs { get; init; }

    /// <summary>The build of its object that would be loaded.</summary>
    public required BytecodeChoice? Bytecode { get; init; }

    /// <summary><c>ringbuf</c> or <c>perf</c>; null when it was not tried.</summary>
    public required string? Transport { get; init; }

    /// <summary>Each job's chosen way and the reasons against the others; empty when it was not tried.</summary>
    public required IReadOnlyList<PlanOutcome> Plans { get; init; }

    /// <summary>Capabilities that it lacks, each with what it is for.</summary>
    public required IReadOnlyList<string> MissingCapabilities { get; init; }
}
