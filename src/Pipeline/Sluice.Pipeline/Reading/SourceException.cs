// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Reading;

/// <summary>Where events are read from cannot be used, or not any longer. The message is for the user: what, where, what to do.</summary>
public sealed class SourceException : Exception
{
    public SourceException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// True when it was asked for what cannot work (no such topic, a refused login), so that trying again is no use: the program then says "bad
    /// configuration" (exit code 2) and not "failed" (1).
    /// </summary>
    public bool IsConfiguration { get; init; }
}
