// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;

namespace Sluice.Probes;

/// <summary>What a module does besides attaching to the kernel: follows targets that are found while it runs, or state that the programs keep. The session detaches what is left.</summary>
internal abstract class ModuleTargets : IDisposable
{
    /// <summary>The probes of the kernel are in place. Attaches to all that exists now and starts following what appears later.</summary>
    /// <param name="onFailed">Called once, from another thread, when the following has ended by an error.</param>
    /// <returns>How many have probes on them; null when the kernel is the only target.</returns>
    /// <exception cref="BpfException">The kernel refused the probes of a target that the user named.</exception>
    public abstract int? Attach(Action<Exception> onFailed);

    /// <summary>Ends the following; the session is detached next. Idempotent, and may come before <see cref="Attach"/>.</summary>
    public virtual void Stop()
    {
    }

    /// <summary>No program runs any more; maps can be read and programs be run by the module itself. Idempotent.</summary>
    public virtual void Finish()
    {
    }

    /// <summary>Frees what is its own; the session is still open.</summary>
    public virtual void Dispose()
    {
    }
}
