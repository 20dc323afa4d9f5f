// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf.Features;

namespace Sluice.Collector.CommandLine;

/// <summary>The environment variable <c>SLUICE_KERNEL_VERSION</c>: the version by which the bytecode is chosen, in place of the kernel's. For tests.</summary>
internal static class KernelVersionOverride
{
    private const string Variable = "SLUICE_KERNEL_VERSION";

    /// <summary>Null when the variable is not set.</summary>
    /// <exception cref="UsageException">It is set to something else than a version.</exception>
    public static KernelVersion? Read() => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" => null,
        string text => KernelVersion.TryParse(text, out KernelVersion version)
            ? version
            : throw new UsageException($"{Variable}: '{text}' is no version of a kernel, such as 5.1 or 6.1.76."),
    };
}
