// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>A kernel that is locked down, of either kind. Only in a guest: a lockdown lasts until the kernel ends, so this comes last.</summary>
internal static class LockdownSteps
{
    private const int Records = 20;
    private const string Lockdown = "/sys/kernel/security/lockdown";

    public static IEnumerable<Step> All(SuiteSetting setting)
    {
        if (setting.IsGuest)
        {
            yield return new Step("lockdown", "core", "integrity", () => CaptureAllTheSame(setting)) { Needs = [KernelFeature.Uprobe, KernelFeature.Lockdown] };
            yield return new Step("lockdown", "-", "confidentiality", RefuseToCapture) { Needs = [KernelFeature.Lockdown], IsQuick = true };
        }
    }

    private static void LockDown(string mode)
    {
        if (!File.Exists(Lockdown))
        {
            Command.Run("mount", "-t", "securityfs", "securityfs", "/sys/kernel/security");
        }

        File.WriteAllText(Lockdown, mode);
    }

    private static string CaptureAllTheSame(SuiteSetting setting)
    {
        LockDown("integrity");
        using SuiteCapture capture = SuiteCapture.Start(setting, setting.Variants.First(variant => variant.Name == "core"), "tls");
        TlsLoadResult load = TlsLoad.Run(setting.Workspace, "exchange", "--records", $"{Records}");
        capture.Stop();
        int addresses = Exchange.AssertWhole(capture.Events("tls.data"), load, 'a', Records);
        Assert.Equal(4 * Records, addresses);
        return $"{4 * Records} events exact, all with addresses";
    }

    private static string RefuseToCapture()
    {
        LockDown("confidentiality");
        foreach (string module in new[] { "tls", "connections" })
        {
            (int code, _, string error) = Run("capture", module, "--sink", "null:");
            Assert.True(code == 3, $"{code}: {error}");
            string[] lines = error.TrimEnd('\n').Split('\n');
            Assert.StartsWith("sluice: The kernel is locked down for confidentiality", lines[0], StringComparison.Ordinal);
            Assert.Contains("lockdown=integrity", lines[1], StringComparison.Ordinal);
        }

        (int doctor, string report, _) = Run("doctor");
        Assert.True(doctor == 3, report);
        Assert.Contains("locked down for confidentiality", report, StringComparison.Ordinal);
        return "exit code 3 with the reason, of both modules and of doctor";
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using Command command = Command.Start(Repository.Sluice, arguments);
        return command.Wait();
    }
}
