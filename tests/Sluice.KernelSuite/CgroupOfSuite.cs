// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Sluice.KernelSuite;

/// <summary>Moves this process into a cgroup of its own, and back: what is attached there sees nobody else.</summary>
internal sealed class CgroupOfSuite : IDisposable
{
    private readonly string _home;

    private CgroupOfSuite(string home, string path)
    {
        _home = home;
        Path = path;
    }

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <exception cref="InvalidOperationException">cgroup v2 is not mounted.</exception>
    public static CgroupOfSuite Enter()
    {
        string mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1]
            ?? throw new InvalidOperationException("cgroup v2 is not mounted.");
        string home = mount + File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        var cgroup = new CgroupOfSuite(home, System.IO.Path.Combine(mount, string.Create(CultureInfo.InvariantCulture, $"sluice-suite-{Environment.ProcessId}")));
        Directory.CreateDirectory(cgroup.Path);
        Move(cgroup.Path);
        return cgroup;
    }

    public void Dispose()
    {
        Move(_home);
        Directory.Delete(Path);
    }

    private static void Move(string cgroup) =>
        File.WriteAllText(System.IO.Path.Combine(cgroup, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}
