// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf.Engine;

/// <summary>
/// A step of a session failed; the message says which, of what module, on what, why, and what to do. Nothing is left attached or open by then.
/// <see cref="Exception.InnerException"/> is the failure itself, a <see cref="VerifierException"/> with the whole log among them.
/// </summary>
public sealed class BpfSessionException : BpfException
{
    /// <summary>Makes an exception for a step that failed.</summary>
    public BpfSessionException(SessionStep step, string module, string message, BpfException failure)
        : base((failure ?? throw new ArgumentNullException(nameof(failure))).Call, failure.Errno, message, failure)
    {
        Step = step;
        Module = module;
    }

    /// <summary>The step that failed.</summary>
    public SessionStep Step { get; }

    /// <summary>The module's name.</summary>
    public string Module { get; }
}
