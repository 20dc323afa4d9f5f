// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>
/// Looks, before anything is loaded, for what would make the capture fail, so that the user reads the reason and not the loader's answer to it.
/// What only narrows the capture is a warning.
/// </summary>
internal static class HostCheck
{
    private const string Remedy =
        "Run as root, or in a container with --privileged --pid=host, or give the program the capabilities it lacks. See what this host allows with: sluice doctor";

    /// <param name="options">What is to be captured.</param>
    /// <param name="logger">Told what will be left out.</param>
    /// <exception cref="HostUnfitException">The programs cannot be loaded here, or would match nothing.</exception>
    public static void ThrowIfUnfit(CaptureOptions options, ILogger logger)
    {
        HostEnvironment host = HostEnvironment.Read();
        bool isAdmin = host.Capabilities.Has(LinuxCapability.SysAdmin);
        bool mayLoad = isAdmin || (host.Capabilities.Has(LinuxCapability.Bpf) && host.Capabilities.Has(LinuxCapability.Perfmon));
        IReadOnlyList<string> missing = host.ObstaclesToTlsCapture();
        if (!mayLoad || !host.IsInitialUserNamespace)
        {
            throw new HostUnfitException($"Not privileged enough to tap other processes; missing: {string.Join("; ", missing)}.", Remedy);
        }

        if (LockdownCheck.Forbids(host))
        {
            throw new HostUnfitException(LockdownCheck.Problem, LockdownCheck.Remedy);
        }

        ThrowIfPidsMeanNothing(options);
        if (options.Bytecode == BytecodeMode.Core && options.BtfFile is null && !File.Exists(KernelFeatures.KernelBtfPath))
        {
            throw new HostUnfitException(
                $"--btf core needs the kernel's types, but {KernelFeatures.KernelBtfPath} is missing.",
                "Leave --btf out or use --btf noncore, use a kernel with CONFIG_DEBUG_INFO_BTF, mount the host's /sys, or name a BTF file of this kernel with --btf-file.");
        }

        if (options.BtfFile is { } btf && KernelTypes.FindMismatch(btf) is { } mismatch)
        {
            throw new HostUnfitException(
                $"--btf-file {btf} is of another kernel: {mismatch}.", "Give the BTF of this very kernel, or leave --btf-file out: this kernel shows its types itself.");
        }

        if (host.ContainerHint is { } hint)
        {
            HostLog.InContainer(logger, hint);
        }

        foreach (string lack in missing)
        {
            HostLog.Narrowed(logger, lack);
        }
    }

    /// <exception cref="HostUnfitException">Processes are named by numbers of another PID namespace than the kernel's.</exception>
    public static void ThrowIfPidsMeanNothing(CaptureOptions options)
    {
        if (options.Pids.Count != 0 && !HostEnvironment.Read().IsInitialPidNamespace)
        {
            throw new HostUnfitException(
                "--pid needs the host's PID namespace: this process is in another one, whose ids mean nothing to the kernel side.",
                "Run sluice on the host, or in a container with --pid=host (Kubernetes: hostPID: true), or select with --uid, --cgroup or --lib.");
        }
    }
}
