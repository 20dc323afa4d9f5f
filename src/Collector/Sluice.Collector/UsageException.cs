// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Collector;

/// <summary>The command line asks for something that cannot be: the message names the option, the value and what is allowed.</summary>
public sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message)
    {
    }
}
