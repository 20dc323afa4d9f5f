// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Processes;

/// <summary>How reading the mappings of a process went.</summary>
internal enum MapsResult
{
    Read,

    /// <summary>The process has ended, maybe while it was read.</summary>
    Gone,

    /// <summary>The process may not be looked into.</summary>
    Denied,
}
