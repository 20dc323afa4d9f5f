// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Demo;

/// <summary>Signals to other processes, which the base class library cannot send.</summary>
internal static partial class Signals
{
    private const int SigInt = 2;

    /// <summary>Sends SIGINT. A process that is gone already is none of the caller's worries.</summary>
    public static void Interrupt(int processId) => _ = Kill(processId, SigInt);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
