// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Probes.Targets;

/// <summary>What the user narrowed the targets to. Both empty: every TLS library of the host.</summary>
public sealed record TargetSelection
{
    /// <summary>Files to probe instead of those that are found (<c>--lib</c>).</summary>
    public IReadOnlyList<string> LibraryPaths { get; init; } = [];

    /// <summary>Only files that these processes map (<c>--pid</c>).</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];
}
