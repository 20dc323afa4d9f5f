// SPDX-License-Identifier: Apache-2.0
namespace Sluice.KernelSuite;

/// <summary>One of the builds of each BPF object, and how Sluice is made to take it.</summary>
/// <param name="Name">The end of the object's name.</param>
/// <param name="Btf">The word of <c>--btf</c>.</param>
/// <param name="KernelVersion">What Sluice is to take the kernel for (SLUICE_KERNEL_VERSION); empty for what it is.</param>
internal sealed record BytecodeVariant(string Name, string Btf, string KernelVersion)
{
    // Before 5.2 there is no global data: the last such version.
    private const string LastWithoutGlobalData = "5.1.21";

    public static readonly BytecodeVariant[] All =
    [
        new("core", "core", ""),
        new("noncore", "noncore", ""),
        new("core_less52", "core", LastWithoutGlobalData),
        new("noncore_less52", "noncore", LastWithoutGlobalData),
    ];

    /// <summary>This variant's build of an object.</summary>
    public string FileOf(string family) => $"{family}_{Name}.o";

    /// <summary>Objects for kernels before 5.2 have no ring buffer, which came with 5.8.</summary>
    public bool HasRingBuffer => KernelVersion.Length == 0;
}
