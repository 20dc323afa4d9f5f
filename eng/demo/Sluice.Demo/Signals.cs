// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Demo;

/// <summary>Signals to other processes, which the base class library cannot send.</summary>
internal static partial class Signals
{
    private const int SigTerm = 15;

    /// <summary>
    /// Sends SIGTERM. Not SIGINT, which is ignored by all that a shell's background job (<c>make demo &amp;</c>) starts. A process that is gone already
    /// is none of the caller's worries.
    /// </summary>
    public static void Terminate(int processId) => _ = Kill(processId, SigTerm);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
