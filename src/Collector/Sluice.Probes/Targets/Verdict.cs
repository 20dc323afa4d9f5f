// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Targets;

/// <summary>What an inspection came to, kept so that a file is read once and not in every scan.</summary>
/// <param name="target">Null for a file that is no target.</param>
/// <param name="changeTimeNs">The file's last change when it was inspected; 0 when it could not be opened.</param>
internal sealed class Verdict(TlsTarget? target, long changeTimeNs)
{
    internal TlsTarget? Target { get; } = target;

    internal long ChangeTimeNs { get; } = changeTimeNs;

    /// <summary>The last scan that came across the file.</summary>
    internal long LastScan { get; set; }
}
