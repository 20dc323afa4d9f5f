// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf.Engine;

/// <summary>One job and the ways to do it, best first. The engine takes the first that the kernel accepts and keeps its reasons against those before.</summary>
/// <param name="Name">The job, such as <c>tcp</c>.</param>
/// <param name="Alternatives">At least one.</param>
public sealed record AttachPlan(string Name, IReadOnlyList<AttachAlternative> Alternatives)
{
    /// <summary>Whether the module can do without the job: when every alternative is refused that is reported and not thrown.</summary>
    public bool IsOptional { get; init; }

    /// <summary>
    /// Programs that the job needs and that have no probe, such as one that the module runs by itself: part of every trial, and loaded when a way was chosen.
    /// </summary>
    public IReadOnlyList<string> Programs { get; init; } = [];

    /// <summary>Probes that are needed and have no alternative.</summary>
    public static AttachPlan AllOf(string name, params IReadOnlyList<string> probes) => new(name, [new AttachAlternative(name, probes)]);

    /// <summary>The first of several ways that the kernel accepts.</summary>
    public static AttachPlan FirstOf(string name, params IReadOnlyList<AttachAlternative> alternatives) => new(name, alternatives);
}
