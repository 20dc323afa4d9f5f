// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf;

namespace Sluice.Probes.Targets;

/// <summary>What an inspection came to, kept so that a file is read once and not in every scan.</summary>
/// <param name="target">Null for a file that is no target.</param>
/// <param name="status">The file as it was before it was inspected; default when it could not be opened.</param>
internal sealed class Verdict(TlsTarget? target, FileStatus status)
{
    internal TlsTarget? Target { get; } = target;

    /// <summary>The last scan that came across the file.</summary>
    internal long LastScan { get; set; }

    /// <summary>True when the file was written to or otherwise changed since its inspection. The size tells writes that one tick of the file system's clock hides.</summary>
    internal bool IsOutdatedBy(in FileStatus now) => status.ChangeTimeNs != now.ChangeTimeNs || status.SizeBytes != now.SizeBytes;
}
