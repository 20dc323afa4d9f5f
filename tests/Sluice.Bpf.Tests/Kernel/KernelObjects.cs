// SPDX-License-Identifier: Apache-2.0
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>What this process holds of the kernel: the leak tests compare it.</summary>
/// <param name="Descriptors">Open descriptors.</param>
/// <param name="BpfDescriptors">Those among them that are BPF objects, links or perf events.</param>
internal readonly record struct KernelObjects(int Descriptors, int BpfDescriptors)
{
    // The runtime opens a few of its own in the meantime (assemblies, timers, pipes). A leak of each cycle is more than these: the tests make twenty.
    private const int MaxOfTheRuntime = 8;

    public static KernelObjects Count()
    {
        string?[] targets = [.. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(static file => file.LinkTarget)];
        return new KernelObjects(
            targets.Length, targets.Count(static target => target?.Contains("bpf", System.StringComparison.Ordinal) == true || target == "anon_inode:[perf_event]"));
    }

    /// <summary>Nothing was left open since <paramref name="before"/>. Fewer descriptors may be: the collector of the runtime closes those of other tests.</summary>
    public static void AssertNoMoreThan(KernelObjects before)
    {
        KernelObjects now = Count();
        Assert.Equal(before.BpfDescriptors, now.BpfDescriptors);
        Assert.InRange(now.Descriptors, 0, before.Descriptors + MaxOfTheRuntime);
    }
}
