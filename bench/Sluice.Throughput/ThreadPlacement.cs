// SPDX-License-Identifier: Apache-2.0
using System;
using System.ComponentModel;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace Sluice.Throughput;

/// <summary>Where the calling thread runs, how long it has run, and how it rests.</summary>
internal static unsafe partial class ThreadPlacement
{
    /// <summary>Keeps the calling thread on one CPU; the .NET thread must be a dedicated one.</summary>
    public static void PinTo(int cpu)
    {
        const int MaskBytes = 128;
        int failed;

        // SAFETY: the mask is MaskBytes long, as the call is told; cpu is below its 1024 bits (checked by the slice).
        unsafe
        {
            byte* mask = stackalloc byte[MaskBytes];
            new Span<byte>(mask, MaskBytes).Clear();
            new Span<byte>(mask, MaskBytes)[cpu / 8] = (byte)(1 << (cpu % 8));
            failed = sched_setaffinity(0, MaskBytes, mask);
        }

        if (failed != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"The generator cannot be pinned to CPU {cpu}.");
        }
    }

    /// <summary>Sleeps; Thread.Sleep cannot do less than a millisecond.</summary>
    public static void Sleep(uint microseconds) => _ = usleep(microseconds);

    /// <summary>CPU time of the calling thread since it began.</summary>
    public static TimeSpan CpuTime()
    {
        // First field of schedstat: nanoseconds on a CPU.
        string[] fields = File.ReadAllText("/proc/thread-self/schedstat").Split(' ');
        return TimeSpan.FromTicks(long.Parse(fields[0], CultureInfo.InvariantCulture) / 100);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_setaffinity(int thread, nuint maskBytes, byte* mask);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int usleep(uint microseconds);
}
