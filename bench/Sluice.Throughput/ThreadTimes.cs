// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Sluice.Throughput;

/// <summary>CPU seconds of the threads that this process has now, by thread name.</summary>
internal static class ThreadTimes
{
    public static SortedDictionary<string, double> Read()
    {
        var seconds = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (string thread in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(thread, "comm")).Trim();
                // First field of schedstat: nanoseconds on a CPU.
                string ran = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0];
                seconds[name] = seconds.GetValueOrDefault(name) + (long.Parse(ran, CultureInfo.InvariantCulture) / 1e9);
            }
            catch (IOException)
            {
                // The thread has ended between the listing and the read; its time is in the process's total.
            }
        }

        return seconds;
    }

    /// <summary>What has been added since <paramref name="before"/>; threads that did nothing are left out.</summary>
    public static SortedDictionary<string, double> Since(SortedDictionary<string, double> before)
    {
        SortedDictionary<string, double> seconds = Read();
        foreach (string name in seconds.Keys.ToArray())
        {
            seconds[name] -= before.GetValueOrDefault(name);
            if (seconds[name] <= 0)
            {
                seconds.Remove(name);
            }
        }

        return seconds;
    }
}
