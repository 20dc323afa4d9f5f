// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>The words of a <c>sluice replay</c> command line, not yet checked.</summary>
internal sealed record ReplayWords : RunWords
{
    public IReadOnlyList<string> Files { get; init; } = [];

    public bool Pace { get; init; }
}
