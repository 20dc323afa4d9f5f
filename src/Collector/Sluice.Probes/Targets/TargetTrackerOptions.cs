// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Targets;

/// <summary>How closely the tracker follows the host.</summary>
public sealed record TargetTrackerOptions
{
    /// <summary>
    /// True when something feeds <see cref="TargetTracker.OnMapping"/>. Rescans are then only a safety net for what that missed.
    /// </summary>
    public bool HasMappingEvents { get; init; } = true;

    /// <summary>
    /// Least time between full scans; by default 10 s with mapping events and 1 s without, when a scan is all that finds new libraries. It is longer on a host with so many
    /// processes that scans would take more than 1 % of a CPU.
    /// </summary>
    public TimeSpan? RescanInterval { get; init; }

    /// <summary>
    /// How long a file must stay unmapped before it is removed. A minute keeps the probes of programs that cron starts in turn; attaching again costs more
    /// than an idle probe, which costs nothing.
    /// </summary>
    public TimeSpan RemovalGrace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Time to wait after a scan that took <paramref name="scanCpuTime"/>.</summary>
    internal TimeSpan RescanIntervalAfter(TimeSpan scanCpuTime)
    {
        const int MaxCpuShare = 100;
        TimeSpan least = RescanInterval ?? TimeSpan.FromSeconds(HasMappingEvents ? 10 : 1);
        TimeSpan affordable = scanCpuTime * MaxCpuShare;
        return least > affordable ? least : affordable;
    }
}
