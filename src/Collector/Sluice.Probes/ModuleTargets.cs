// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;

namespace Sluice.Probes;

/// <summary>What a module attaches to besides the kernel: found while it runs, and gone again. The session detaches what is left.</summary>
internal abstract class ModuleTargets
{
    /// <summary>Attaches to all that exist now and starts following those that appear later.</summary>
    /// <param name="onFailed">Called once, from another thread, when the following has ended by an error.</param>
    /// <returns>How many have probes on them.</returns>
    /// <exception cref="BpfException">The kernel refused the probes of a target that the user named.</exception>
    public abstract int Attach(Action<Exception> onFailed);

    /// <summary>Ends the following. Before <see cref="Attach"/> and a second time it does nothing.</summary>
    public abstract void Stop();
}
