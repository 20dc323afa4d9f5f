// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Targets;

/// <summary>A target that was handed out.</summary>
internal sealed class TrackedTarget(TlsTarget target)
{
    internal TlsTarget Target { get; } = target;

    /// <summary>When it was last seen in use, as a <see cref="System.Diagnostics.Stopwatch"/> timestamp.</summary>
    internal long LastUsed { get; set; }
}
