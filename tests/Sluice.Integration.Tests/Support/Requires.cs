// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Integration.Tests.Support;

/// <summary>
/// What a test needs of the host. Asked of the kernel itself, not of the program under test: a program that wrongly thinks it cannot work must
/// fail the tests, not skip them.
/// </summary>
internal static class Requires
{
    private const int CapPerfmon = 38;
    private const int CapBpf = 39;
    private const int CapSysAdmin = 21;

    public static void Bpf()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Needs root: loads BPF programs.");
        Assert.SkipUnless(HasCapability(CapBpf) || HasCapability(CapSysAdmin), "Needs CAP_BPF or CAP_SYS_ADMIN.");
        Assert.SkipUnless(HasCapability(CapPerfmon) || HasCapability(CapSysAdmin), "Needs CAP_PERFMON or CAP_SYS_ADMIN.");
        Assert.SkipUnless(File.Exists("/sys/kernel/btf/vmlinux"), "Needs a kernel with BTF (/sys/kernel/btf/vmlinux).");
        Assert.True(File.Exists(Repository.Sluice), $"{Repository.Sluice} is missing: run make build.");
    }

    /// <summary>Where cgroup v2 is mounted; skips when it is not.</summary>
    public static string CgroupV2()
    {
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Assert.SkipWhen(mount is null, "Needs cgroup v2 mounted.");
        return mount!;
    }

    /// <summary>Skips when a program of the host is not installed.</summary>
    public static string Program(string name)
    {
        string? found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin")
            .Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"Needs the program {name}; make setup installs it.");
        return found!;
    }

    private static bool HasCapability(int number)
    {
        string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong held = ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (held >> number & 1) != 0;
    }
}
