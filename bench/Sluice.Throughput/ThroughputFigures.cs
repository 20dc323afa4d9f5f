// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Text.Json.Nodes;

namespace Sluice.Throughput;

/// <summary>What a run of generator, pipeline and sink gave; printed as JSON.</summary>
internal sealed record ThroughputFigures
{
    public required string Transport { get; init; }

    /// <summary>Samples a second that were asked for; 0 = as many as the reader follows.</summary>
    public required int AskedRate { get; init; }

    /// <summary>Samples a second that the generator made.</summary>
    public required double ReachedRate { get; init; }

    public required double Seconds { get; init; }

    public required int PayloadBytes { get; init; }

    public required long Submitted { get; init; }

    public required long Read { get; init; }

    /// <summary>Lost in the kernel and dropped by sinks, all causes; they are in <see cref="Ledger"/>.</summary>
    public required long Lost { get; init; }

    /// <summary>From the sample's ktime to its batch being handed to the sink, after the warm-up; of the slowest sink.</summary>
    public required double LatencyP50Us { get; init; }

    public required double LatencyP99Us { get; init; }

    public required double LatencyP999Us { get; init; }

    public required double LatencyMaxUs { get; init; }

    /// <summary>All threads but the generator's: readers, sinks, runtime.</summary>
    public required double CollectorCpuSeconds { get; init; }

    public required double CollectorCpuUsPerEvent { get; init; }

    public required double GeneratorCpuSeconds { get; init; }

    public required IReadOnlyDictionary<string, double> ThreadCpuSeconds { get; init; }

    /// <summary>Of the whole process, after the warm-up.</summary>
    public required double AllocatedBytesPerEvent { get; init; }

    public required double PeakRssMb { get; init; }

    /// <summary>The equations that do not hold; empty when everything is accounted for.</summary>
    public required IReadOnlyList<string> Broken { get; init; }

    /// <summary>The final loss ledger.</summary>
    public required JsonNode Ledger { get; init; }
}
