// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Demo;

/// <summary>Something that the demo promises does not hold; the message says what.</summary>
internal sealed class DemoException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>The exit code of the demo: 1, or 3 when the host cannot run a capture.</summary>
    public int ExitCode { get; } = exitCode;
}
