// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Delivery;

/// <summary>A sink cannot be used or cannot go on. The message is for the user: what, where, what to do.</summary>
public sealed class SinkException : Exception
{
    public SinkException(string message, DropReason reason = DropReason.SinkFailed, bool endsQuietly = false, Exception? innerException = null)
        : base(message, innerException)
    {
        Reason = reason;
        EndsQuietly = endsQuietly;
    }

    /// <summary>The cause under which samples that this sink can no longer take are counted.</summary>
    public DropReason Reason { get; }

    /// <summary>True when this is a normal end of the program, such as a reader that closed our output pipe.</summary>
    public bool EndsQuietly { get; }

    /// <summary>
    /// True when the sink was asked for something that cannot work (no such directory, no permission, a bad setting), so that trying again is no use:
    /// at the start the program then says "bad configuration" (exit code 2) and not "failed" (1).
    /// </summary>
    public bool IsConfiguration { get; init; }
}
