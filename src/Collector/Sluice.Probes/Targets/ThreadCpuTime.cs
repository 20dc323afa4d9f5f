// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;

namespace Sluice.Probes.Targets;

/// <summary>CPU time of the calling thread, which the framework has only for the whole process.</summary>
internal static class ThreadCpuTime
{
    private const long NsPerTick = 1_000_000_000 / TimeSpan.TicksPerSecond;

    /// <summary>Reads it; zero on kernels built without scheduler statistics (CONFIG_SCHED_INFO), which distributions have.</summary>
    internal static TimeSpan Read()
    {
        try
        {
            // Its first field: ns on a CPU.
            string text = File.ReadAllText("/proc/thread-self/schedstat");
            return TimeSpan.FromTicks(long.Parse(text.AsSpan(0, text.IndexOf(' ')), NumberStyles.None, CultureInfo.InvariantCulture) / NsPerTick);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return TimeSpan.Zero;
        }
    }
}
