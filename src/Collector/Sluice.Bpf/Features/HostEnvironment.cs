// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Sluice.Bpf.Features;

/// <summary>Where this process runs, as far as it bears on BPF. Read once; no privilege needed.</summary>
/// <param name="KernelRelease">As <c>uname -r</c> says it, e.g. <c>6.1.0-18-amd64</c>.</param>
/// <param name="KernelVersion">The version of its source, which may be newer than the release's first numbers say; 0.0.0 when it is not known.</param>
/// <param name="ContainerHint">Why this looks like a container, or null. Detection may be wrong: a hint for a warning, never for a refusal.</param>
/// <param name="Lockdown">The kernel's lockdown.</param>
/// <param name="IsInitialUserNamespace">Capabilities count for BPF only in the initial user namespace.</param>
/// <param name="IsInitialPidNamespace">The kernel side knows processes by the ids of the initial PID namespace only.</param>
/// <param name="Capabilities">Of the calling thread.</param>
public sealed record HostEnvironment(
    string KernelRelease,
    KernelVersion KernelVersion,
    string? ContainerHint,
    LockdownMode Lockdown,
    bool IsInitialUserNamespace,
    bool IsInitialPidNamespace,
    CapabilitySet Capabilities)
{
    private const string ReleasePath = "/proc/sys/kernel/osrelease";
    private const string LockdownPath = "/sys/kernel/security/lockdown";
    private const string PidNamespacePath = "/proc/self/ns/pid";
    private const string UidMapPath = "/proc/self/uid_map";

    /// <summary>PROC_PID_INIT_INO of the kernel (include/linux/proc_ns.h): the host's own PID namespace on every system.</summary>
    private const string InitialPidNamespace = "pid:[4026531836]";

    private static readonly string[] s_containerMarkers = ["/.dockerenv", "/run/.containerenv"];

    /// <summary>Reads what /proc and /sys say about this thread's surroundings.</summary>
    /// <exception cref="IOException">/proc is not mounted.</exception>
    public static HostEnvironment Read()
    {
        string release = File.ReadAllText(ReleasePath).Trim();
        return new HostEnvironment(
            release,
            KernelVersion.Read(),
            FindContainerHint(),
            ParseLockdown(ReadIfPossible(LockdownPath)),
            IsWholeUidRange(ReadIfPossible(UidMapPath)),
            ReadIsInitialPidNamespace(),
            CapabilitySet.ReadCurrent());
    }

    /// <summary>The reasons why TLS of all processes cannot be captured from here. Empty: none is known.</summary>
    public IReadOnlyList<string> ObstaclesToTlsCapture()
    {
        List<string> obstacles = [.. Capabilities.MissingForTlsCapture()];
        if (!IsInitialUserNamespace)
        {
            obstacles.Add("the initial user namespace (capabilities inside another one do not count for BPF; run on the host or in a privileged container)");
        }

        return obstacles;
    }

    internal static LockdownMode ParseLockdown(string? text)
    {
        // The kernel puts the mode in force into brackets: "none [integrity] confidentiality".
        int open = text?.IndexOf('[', StringComparison.Ordinal) ?? -1;
        int close = text?.IndexOf(']', StringComparison.Ordinal) ?? -1;
        return open >= 0 && close > open && Enum.TryParse(text![(open + 1)..close], ignoreCase: true, out LockdownMode mode) ? mode : LockdownMode.Unknown;
    }

    internal static bool IsWholeUidRange(string? uidMap)
    {
        // No file: a kernel without user namespaces, so there is only the initial one.
        string[] fields = (uidMap ?? "0 0 4294967295").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields is ["0", "0", "4294967295"];
    }

    private static string? FindContainerHint()
    {
        if (s_containerMarkers.FirstOrDefault(File.Exists) is string marker)
        {
            return marker + " exists";
        }

        foreach (string variable in new[] { "KUBERNETES_SERVICE_HOST", "container" })
        {
            if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
            {
                return "the environment has " + variable;
            }
        }

        return ReadIsInitialPidNamespace() ? null : "the PID namespace is not the host's";
    }

    /// <summary>No link: a kernel without PID namespaces, so there is only the initial one.</summary>
    private static bool ReadIsInitialPidNamespace() => new FileInfo(PidNamespacePath).LinkTarget is null or InitialPidNamespace;

    private static string? ReadIfPossible(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
