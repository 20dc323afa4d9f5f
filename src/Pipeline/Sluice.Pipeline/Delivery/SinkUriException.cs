// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Delivery;

/// <summary>A sink URI cannot be understood. The message is for the user: which sink, which part of it, what is allowed.</summary>
public sealed class SinkUriException : FormatException
{
    public SinkUriException(string message)
        : base(message)
    {
    }
}
