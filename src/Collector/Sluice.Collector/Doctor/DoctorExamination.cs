// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Bpf.Features;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Hosting;
using Sluice.Probes;
using Sluice.Probes.Targets;
using Sluice.Sinks.Kafka;

namespace Sluice.Collector.Doctor;

/// <summary>Finds out what this host allows, mostly by trying it. Leaves nothing behind.</summary>
internal static class DoctorExamination
{
    private const string RunPrivileged = "run as root, or grant what is missing";

    public static DoctorReport Run()
    {
        HostEnvironment host = HostEnvironment.Read();
        KernelFeatures features = KernelFeatures.Probe();
        List<Obstacle> obstacles = FindObstacles(host, features);
        bool isLoadable = obstacles.Count == 0;

        // The same environment variables as a capture: so that what they force can be looked at.
        var options = new CaptureOptions { Without = WithheldFeatureList.Read(), KernelVersion = KernelVersionOverride.Read() };
        DoctorModule[] modules = [.. ModuleNames.Available.Select(name => ModuleTrial.Run(name, options, host, isLoadable))];
        if (modules[0].Programs is { IsAvailable: false } refused)
        {
            obstacles.Add(new Obstacle($"the kernel refused the programs: {refused.Detail}", "report it with the output of sluice doctor --json"));
        }

        using var discovery = new TargetDiscovery(new TargetSelection());
        TargetScan scan = discovery.Scan();
        return new DoctorReport
        {
            Host = host,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            Features = features,
            LockedMemoryLimit = ReadLockedMemoryLimit(),
            Modules = modules,
            KafkaClientVersion = KafkaClientLibrary.FindVersion(),
            Libraries = [.. scan.Found.Select(Describe)],
            Processes = scan.ProcessCount,
            UnreadableProcesses = scan.UnreadableProcessCount,
            Obstacles = obstacles,
            Warnings = FindWarnings(host, scan, modules),
        };
    }

    private static List<Obstacle> FindObstacles(HostEnvironment host, KernelFeatures features)
    {
        List<Obstacle> obstacles = [.. host.ObstaclesToTlsCapture().Select(static missing => new Obstacle($"missing {missing}", RunPrivileged))];
        if (features.Libbpf.IsAvailable && obstacles.Count == 0 && LockdownCheck.Forbids(host))
        {
            obstacles.Add(new Obstacle(LockdownCheck.Problem, LockdownCheck.Remedy));
        }

        Require(features.Libbpf, "libbpf", "install libbpf 1.1 or later (Debian, Ubuntu: apt-get install libbpf1)", obstacles);
        Require(features.Uprobes, "uprobes", "use a kernel with CONFIG_UPROBE_EVENTS (4.17 or later)", obstacles);
        return obstacles;
    }

    private static void Require(FeatureProbe feature, string name, string remedy, List<Obstacle> obstacles)
    {
        if (!feature.IsAvailable)
        {
            obstacles.Add(new Obstacle($"missing {name}: {feature.Detail}", remedy));
        }
    }

    /// <summary>Linux 6.11 brought the system call uretprobe; since 6.14 seccomp lets it through.</summary>
    internal static bool HasUnknownUretprobeCall(KernelVersion kernel) => kernel >= new KernelVersion(6, 11) && kernel < new KernelVersion(6, 14);

    private static List<string> FindWarnings(HostEnvironment host, TargetScan scan, IReadOnlyList<DoctorModule> modules)
    {
        var warnings = new List<string>();
        if (host.ContainerHint is { } hint)
        {
            warnings.Add($"This looks like a container ({hint}): only processes of its PID namespace are found, and what is said about the host may be wrong.");
        }

        if (host.Lockdown == LockdownMode.Confidentiality && modules[0].Programs is { IsAvailable: true })
        {
            warnings.Add("The kernel is locked down (confidentiality): events carry no addresses.");
        }

        if (HasUnknownUretprobeCall(host.KernelVersion))
        {
            warnings.Add("On Linux 6.11 to 6.13 return probes use a system call that older seccomp filters do not know: they can kill or fail a tapped process "
                + "in a container. Update the kernel or the filters first.");
        }

        foreach (DoctorModule module in modules.Where(static module => module.Name != ModuleNames.Tls && module.Programs is { IsAvailable: false }))
        {
            warnings.Add($"sluice capture {module.Name} does not work here: {module.Programs!.Value.Detail}");
        }

        if (scan.UnreadableProcessCount > 0)
        {
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{scan.UnreadableProcessCount} processes could not be looked into; what they use is not known."));
        }

        if (scan.Found.Count == 0)
        {
            warnings.Add("No TLS library is in use now; a capture would wait for one.");
        }

        return warnings;
    }

    private static DoctorLibrary Describe(FoundTarget found) => new(
        found.Target.DisplayPath,
        found.Target.Identity.ToString(),
        found.Target.Layout?.Row.ToString(),
        found.Target.Layout?.IsMeasured ?? false,
        found.ProcessCount,
        found.Target.Identity.BuildId);

    private static string ReadLockedMemoryLimit()
    {
        const string label = "Max locked memory";
        string? line = File.ReadLines("/proc/self/limits").FirstOrDefault(static text => text.StartsWith(label, StringComparison.Ordinal));
        string? soft = line?[label.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return soft switch
        {
            null => "unknown",
            "unlimited" => soft,
            _ => soft + " bytes",
        };
    }
}
