// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Files;

/// <summary>Where lines go: a file or a stream. Blocks while the target blocks.</summary>
internal interface ILineOutput : IDisposable
{
    /// <summary>Writes all lines of the buffer in order, in as few system calls as the target allows.</summary>
    WriteOutcome Write(LineBuffer lines);
}
