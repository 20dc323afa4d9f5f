// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Collector;

/// <summary>This host lacks something that the command needs; carries the reason and what to do about it.</summary>
public sealed class HostUnfitException : Exception
{
    public HostUnfitException(string reason, string remedy)
        : base(reason)
    {
        Remedy = remedy;
    }

    /// <summary>What the user can do, as an instruction.</summary>
    public string Remedy { get; }
}
