// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Collector.CommandLine;

/// <summary>Turns <c>--cgroup</c> values into directories of cgroup v2.</summary>
internal static class CgroupPath
{
    // Every cgroup of the unified hierarchy has this file, and no cgroup of version 1 has.
    private const string UnifiedMark = "cgroup.controllers";

    private static readonly string[] s_mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

    /// <summary>A directory as it is, or below the cgroup v2 mount point when it is given as in <c>/proc/PID/cgroup</c>.</summary>
    public static string Resolve(string option, string value)
    {
        if (IsUnified(value))
        {
            return Path.GetFullPath(value);
        }

        foreach (string mount in s_mounts)
        {
            string below = mount + "/" + value.TrimStart('/');
            if (IsUnified(below))
            {
                return Path.GetFullPath(below);
            }
        }

        throw new UsageException(Directory.Exists(value)
            ? $"{option} '{value}': not a cgroup v2 directory."
            : $"{option} '{value}': no such cgroup; give a directory below the cgroup v2 mount, or the path that /proc/PID/cgroup shows.");
    }

    private static bool IsUnified(string directory) => File.Exists(Path.Combine(directory, UnifiedMark));
}
