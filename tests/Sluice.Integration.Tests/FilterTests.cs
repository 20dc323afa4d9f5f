// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>What is left out in the kernel, exactly.</summary>
public sealed class FilterTests
{
    [Theory]
    [InlineData("")]
    [InlineData("modern-programs")]
    public void Capture_TwoPidsOfThree_HoldsOnlyThose(string without)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string go = workspace.PathOf("go");
        TlsLoad[] loads = [.. Enumerable.Range(0, 3).Select(i => TlsLoad.Start(
            workspace, "exchange", "--records", "20", "--wait-file", go, "--pattern", ((char)('A' + i)).ToString()))];
        WaitForMappedLibrary(loads);

        using Capture capture = Capture.StartWithout(without, workspace, "--pid", $"{loads[0].Pid}", "--pid", $"{loads[2].Pid}");
        File.WriteAllText(go, "");
        foreach (TlsLoad load in loads)
        {
            load.Finish();
        }

        Ledger ledger = capture.Stop();
        Assert.Equal(new[] { loads[0].Pid, loads[2].Pid }.Order(), capture.Events.Select(e => e.Pid).Distinct().Order());
        Assert.Equal(160, capture.Events.Count);
        Assert.True(ledger.Number("kernel_filtered") >= 80, ledger.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("modern-programs")]
    public void Capture_OneUser_HoldsOnlyItsProcesses(string without)
    {
        Requires.Bpf();
        string setpriv = Requires.Program("setpriv");
        using var workspace = new Workspace();
        using Capture capture = Capture.StartWithout(without, workspace, "--uid", "65534", "--uid", "12345");

        TlsLoadResult root = TlsLoad.Run(workspace, "exchange", "--records", "5");
        Command.Run(setpriv, "--reuid=65534", "--clear-groups", Repository.TlsLoad, "exchange", "--dir", workspace.Directory, "--records", "5");
        capture.Stop();

        Assert.Equal(20, capture.Events.Count);
        Assert.All(capture.Events, e => Assert.Equal(65534, e.Number("process.user.id")));
        Assert.DoesNotContain(capture.Events, e => e.Pid == root.Pid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("modern-programs")]
    public void Capture_OneCgroup_HoldsItsSubtreeOnly(string without)
    {
        Requires.Bpf();
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Assert.SkipWhen(mount is null, "Needs cgroup v2 mounted.");
        string outer = Path.Combine(mount!, string.Create(CultureInfo.InvariantCulture, $"sluice-test-{System.Environment.ProcessId}"));
        string inner = Path.Combine(outer, "inner");
        Directory.CreateDirectory(inner);
        try
        {
            using var workspace = new Workspace();
            using Capture capture = Capture.StartWithout(without, workspace, "--cgroup", outer);

            TlsLoadResult outside = TlsLoad.Run(workspace, "exchange", "--records", "5");
            Command.Run("sh", "-c", $"echo $$ > {inner}/cgroup.procs && exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 5");
            capture.Stop();

            Assert.Equal(20, capture.Events.Count);
            Assert.DoesNotContain(capture.Events, e => e.Pid == outside.Pid);
        }
        finally
        {
            Directory.Delete(inner);
            Directory.Delete(outer);
        }
    }

    private static void WaitForMappedLibrary(TlsLoad[] loads) => Command.WaitUntil(
        () => loads.All(load => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5), "The loads");
}
