// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>What <c>sluice replay</c> was asked to do, checked.</summary>
public sealed record ReplaySettings : RunSettings
{
    /// <summary>The recording's files in order, at least one; <c>-</c> is standard input.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Events come at the distances at which they were recorded.</summary>
    public bool Pace { get; init; }
}
