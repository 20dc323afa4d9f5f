// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Features;

/// <summary>How far the kernel is locked down (kernel_lockdown(7)).</summary>
public enum LockdownMode
{
    /// <summary>The kernel does not say (no lockdown module, or securityfs is not mounted).</summary>
    Unknown,

    /// <summary>Not at all.</summary>
    None,

    /// <summary>The kernel cannot be modified; BPF may still read.</summary>
    Integrity,

    /// <summary>BPF programs may not read kernel memory, and those that would are refused (<see cref="KernelFeatures.TryKernelReads"/>).</summary>
    Confidentiality,
}
