// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Targets;

/// <summary>Finds the files of this host that have a TLS library in them.</summary>
public sealed class TargetDiscovery : IDisposable
{
    public TargetDiscovery(TargetSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
    }

    /// <summary>Looks at every process (or those selected) and the standard places.</summary>
    /// <exception cref="TargetException">First scan only: a library or process that the user named cannot be used.</exception>
    public TargetScan Scan() => throw new NotSupportedException();

    internal TlsTarget? Examine(in MappingEvent mapping) => throw new NotSupportedException();

    internal void Forget(TlsTarget target) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
