// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;

namespace Sluice.Collector.Hosting;

/// <summary>Whether the kernel is locked down so far that no capture program is accepted: its own answer is the verifier's, which does not say why.</summary>
internal static class LockdownCheck
{
    public const string Problem = "The kernel is locked down for confidentiality: it lets no program read its memory, which every capture program does.";

    public const string Remedy =
        "Boot it with lockdown=integrity, or without lockdown (kernel parameter; see kernel_lockdown(7)). A lockdown cannot be lifted while the kernel runs.";

    /// <summary>A look and, only where the kernel says that it is locked down, a trial: old kernels load such programs all the same.</summary>
    public static bool Forbids(HostEnvironment host) => host.Lockdown == LockdownMode.Confidentiality && !KernelFeatures.TryKernelReads().IsAvailable;
}
