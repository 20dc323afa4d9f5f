// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Targets;

/// <summary>A library or process that the user named cannot be used. The message is for the user: what, where, what to do.</summary>
public sealed class TargetException : Exception
{
    public TargetException(TargetError error, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Error = error;
    }

    /// <summary>The kind of failure, from which the caller decides the exit code.</summary>
    public TargetError Error { get; }
}
