// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace Sluice.KernelSuite;

/// <summary>The kernel that the suite runs on, by its own words: version and build options.</summary>
internal sealed class RunningKernel
{
    // Kernels that refuse what their version and their options promise, by a part of their release.
    private static readonly (string Release, KernelFeature Feature, string Reason)[] s_known =
    [
        // Firecracker's guest kernels answer EPERM to the load of a function's program, to bpftool's as well, and take those of tracepoints.
        ("-fc-", KernelFeature.Fentry, "refused by this kernel for everyone (EPERM)"),
    ];

    private readonly HashSet<string>? _options;
    private readonly (int Major, int Minor) _version;

    private RunningKernel(string release, HashSet<string>? options)
    {
        Release = release;
        _options = options;
        int[] numbers = [.. release.Split('.', '-', '+').Take(2).Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        _version = (numbers[0], numbers[1]);
    }

    /// <summary>As <c>uname -r</c> gives it.</summary>
    public string Release { get; }

    public static RunningKernel Read()
    {
        string release = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return new RunningKernel(release, ReadOptions(release));
    }

    /// <summary>Why this kernel need not have a feature; null when it must.</summary>
    public string? ReasonToLack(KernelFeature feature)
    {
        if (_version.CompareTo((feature.Major, feature.Minor)) < 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{feature.Name}: from Linux {feature.Major}.{feature.Minor} on");
        }

        if (feature.GoneIn is { } gone && _version.CompareTo(gone) >= 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{feature.Name}: no more from Linux {gone.Major}.{gone.Minor} on");
        }

        foreach ((string release, KernelFeature refused, string reason) in s_known)
        {
            if (refused == feature && Release.Contains(release, StringComparison.Ordinal))
            {
                return $"{feature.Name}: {reason}";
            }
        }

        string[] off = _options is null ? [] : [.. feature.Options.Where(option => !_options.Contains(option))];
        return off.Length == 0 ? null : $"{feature.Name}: built without {string.Join(", ", off.Select(option => "CONFIG_" + option))}";
    }

    /// <summary>Options that are y or m; null when the kernel does not tell.</summary>
    private static HashSet<string>? ReadOptions(string release)
    {
        string file = "/boot/config-" + release;
        if (File.Exists("/proc/config.gz"))
        {
            using var packed = new GZipStream(File.OpenRead("/proc/config.gz"), CompressionMode.Decompress);
            using var text = new StreamReader(packed);
            return Parse(text.ReadToEnd().Split('\n'));
        }

        return File.Exists(file) ? Parse(File.ReadLines(file)) : null;
    }

    private static HashSet<string> Parse(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.EndsWith("=y", StringComparison.Ordinal) || line.EndsWith("=m", StringComparison.Ordinal)).Select(line => line["CONFIG_".Length..^2])];
}
