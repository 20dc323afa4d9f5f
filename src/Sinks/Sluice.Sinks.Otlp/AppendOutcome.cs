// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Sinks.Otlp;

/// <summary>What became of an event that was to go into a request.</summary>
internal enum AppendOutcome
{
    Appended,

    /// <summary>It must go into the next one.</summary>
    Full,

    /// <summary>It fits into no request.</summary>
    Oversize,

    /// <summary>It cannot be decoded.</summary>
    Malformed,
}
