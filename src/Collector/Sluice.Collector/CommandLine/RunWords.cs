// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>The words of a command line that all commands with sinks share, not yet checked; null = the option was not given.</summary>
internal record RunWords
{
    public IReadOnlyList<string> Sinks { get; init; } = [];

    public bool Hex { get; init; }

    public string? Ledger { get; init; }

    public string? MaxEvents { get; init; }

    public string? DrainTimeout { get; init; }

    public string? LogLevel { get; init; }
}
