// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>Filters by process and by user, which the kernel side applies: exactly what was asked for, in every variant.</summary>
internal static class FilterSteps
{
    private const int Records = 20;
    private const int OtherUser = 65534;

    public static IEnumerable<Step> All(SuiteSetting setting)
    {
        foreach (BytecodeVariant variant in setting.Variants)
        {
            bool isQuick = variant.Name == "core_less52";
            yield return new Step("filter", variant.Name, "--pid", () => TwoOfThreeProcesses(setting, variant)) { Needs = [KernelFeature.Uprobe], IsQuick = isQuick };
            yield return new Step("filter", variant.Name, "--uid", () => OneOfTwoUsers(setting, variant)) { Needs = [KernelFeature.Uprobe] };
        }
    }

    private static string TwoOfThreeProcesses(SuiteSetting setting, BytecodeVariant variant)
    {
        string go = setting.Workspace.PathOf(setting.NextCaptureName() + ".go");
        TlsLoad[] loads = [.. Enumerable.Range(0, 3).Select(i => TlsLoad.Start(
            setting.Workspace, "exchange", "--records", $"{Records}", "--wait-file", go, "--pattern", ((char)('A' + i)).ToString()))];
        try
        {
            Command.WaitUntil(() => loads.All(load => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5), "The loads");
            using SuiteCapture capture = SuiteCapture.Start(setting, variant, "tls", "--pid", $"{loads[0].Pid}", "--pid", $"{loads[2].Pid}");
            File.WriteAllText(go, "");
            TlsLoadResult[] results = [.. loads.Select(load => load.Finish())];
            Ledger ledger = capture.Stop();
            capture.AssertUsed(variant.FileOf("openssl_kern"));

            IReadOnlyList<CapturedEvent> events = capture.Events("tls.data");
            Exchange.AssertWhole(events, results[0], 'A', Records);
            Exchange.AssertWhole(events, results[2], 'C', Records);
            Assert.Equal(2 * 4 * Records, events.Count);
            Assert.Equal(2 * 4 * Records, ledger.Submitted);
            Assert.True(ledger.Number("kernel_filtered") >= 4 * Records, ledger.ToString());
            return $"{events.Count} events of two processes, none of the third";
        }
        finally
        {
            foreach (TlsLoad load in loads)
            {
                load.Dispose();
            }
        }
    }

    private static string OneOfTwoUsers(SuiteSetting setting, BytecodeVariant variant)
    {
        using SuiteCapture capture = SuiteCapture.Start(setting, variant, "tls", "--uid", $"{OtherUser}");
        TlsLoad.Run(setting.Workspace, "exchange", "--records", $"{Records}");
        Command.Run("setpriv", $"--reuid={OtherUser}", "--clear-groups", Repository.TlsLoad, "exchange", "--dir", setting.Workspace.Directory, "--records", $"{Records}");
        capture.Stop();
        capture.AssertUsed(variant.FileOf("openssl_kern"));

        IReadOnlyList<CapturedEvent> events = capture.Events("tls.data");
        Assert.Equal(4 * Records, events.Count);
        Assert.All(events, e => Assert.Equal(OtherUser, e.Number("process.user.id")));
        return $"{events.Count} events of one user, none of the other";
    }
}
