// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.CommandLine;

/// <summary>The words of a <c>sluice relay</c> command line, not yet checked.</summary>
internal sealed record RelayWords : RunWords
{
    public string? From { get; init; }

    public string? Group { get; init; }
}
