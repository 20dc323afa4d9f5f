// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Bpf.Features;

namespace Sluice.Collector.Doctor;

/// <summary>What was found about this host.</summary>
internal sealed record DoctorReport
{
    public required HostEnvironment Host { get; init; }

    /// <summary>Machine architecture, such as <c>x64</c>.</summary>
    public required string Architecture { get; init; }

    public required KernelFeatures Features { get; init; }

    /// <summary>Soft limit of locked memory as <c>/proc/self/limits</c> has it.</summary>
    public required string LockedMemoryLimit { get; init; }

    /// <summary>What each module would use, as found by loading it.</summary>
    public required IReadOnlyList<DoctorModule> Modules { get; init; }

    /// <summary>Version of librdkafka; null when it cannot be loaded.</summary>
    public required string? KafkaClientVersion { get; init; }

    public required IReadOnlyList<DoctorLibrary> Libraries { get; init; }

    /// <summary>Processes whose mappings were read.</summary>
    public required int Processes { get; init; }

    /// <summary>Processes that could not be looked into.</summary>
    public required int UnreadableProcesses { get; init; }

    /// <summary>Empty: <c>sluice capture tls</c> works here.</summary>
    public required IReadOnlyList<Obstacle> Obstacles { get; init; }

    /// <summary>What works less well than it could.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
