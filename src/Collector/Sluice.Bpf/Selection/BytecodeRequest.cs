// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;

namespace Sluice.Bpf.Selection;

/// <summary>Everything that bears on which build of a BPF object runs here.</summary>
public readonly record struct BytecodeRequest
{
    /// <summary>The object's name without a variant, such as <c>openssl_kern.o</c> or <c>openssl_kern</c>.</summary>
    public required string BaseName { get; init; }

    /// <summary>What the user asked for.</summary>
    public required BytecodeMode Mode { get; init; }

    /// <summary>Of the running kernel.</summary>
    public required KernelVersion Kernel { get; init; }

    /// <summary>The kernel shows its types (<see cref="KernelFeatures.KernelBtfPath"/>).</summary>
    public required bool HasKernelBtf { get; init; }

    /// <summary>A BTF file that the user gave in its place; null for none.</summary>
    public string? BtfFile { get; init; }

    /// <summary>Why this looks like a container; null when it does not.</summary>
    public string? ContainerHint { get; init; }
}
