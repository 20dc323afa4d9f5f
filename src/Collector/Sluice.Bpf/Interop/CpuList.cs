// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Sluice.Bpf.Interop;

/// <summary>The kernel's lists of CPUs, e.g. <c>0-3,8,10-11</c>.</summary>
internal static class CpuList
{
    private const string OnlinePath = "/sys/devices/system/cpu/online";

    public static int[] ReadOnline() => Parse(File.ReadAllText(OnlinePath), OnlinePath);

    public static int[] Parse(string text, string path)
    {
        List<int> cpus = [];
        foreach (string range in text.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last))
            {
                throw new InvalidDataException($"{path} has no list of CPUs: '{text.Trim()}'.");
            }

            for (int cpu = first; cpu <= last; cpu++)
            {
                cpus.Add(cpu);
            }
        }

        return [.. cpus];
    }
}
