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

    /// <summary>Time between full scans; by default 10 s with mapping events and 1 s without, when a scan is all that finds new libraries.</summary>
    public TimeSpan? RescanInterval { get; init; }

    /// <summary>
    /// How long a file must stay unmapped before it is removed. A minute keeps the probes of programs that cron starts in turn; attaching again costs more
    /// than an idle probe, which costs nothing.
    /// </summary>
    public TimeSpan RemovalGrace { get; init; } = TimeSpan.FromMinutes(1);

    internal TimeSpan EffectiveRescanInterval => RescanInterval ?? TimeSpan.FromSeconds(HasMappingEvents ? 10 : 1);
}
