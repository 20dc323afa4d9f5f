// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>SIGHUP to <c>sluice run</c>, on the real kernel.</summary>
public sealed class ReloadTests
{
    private const int Records = 3000;
    private const int RecordBytes = 64;

    /// <summary>With each way in which programs keep their configuration.</summary>
    [Theory]
    [InlineData("SLUICE_WITHOUT", "")]
    [InlineData("SLUICE_WITHOUT", "modern-programs")]
    [InlineData("SLUICE_KERNEL_VERSION", "5.1")]
    public void Reload_FilterIsWidenedUnderLoad_LosesNothingOfTheFirstProcess(string variable, string value)
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using TlsLoad first = Start(workspace, "first", 'A');
        using TlsLoad second = Start(workspace, "second", 'B');
        using Service service = Service.Start(workspace, Pids(first.Pid), variable, value);

        Go(workspace, "first");
        Go(workspace, "second");
        Command.WaitUntil(() => service.Events.Count > 100, "The first events");
        service.Reload(Pids(first.Pid, second.Pid));
        service.Reload(Pids(second.Pid, first.Pid) + "\nlog-level: debug");
        first.Finish();
        second.Finish();
        Ledger ledger = service.Stop();

        Assert.Equal(0, ledger.KernelLost);
        AssertWhole([.. service.Events.Where(e => e.Pid == first.Pid)]);
        CapturedEvent[] late = [.. service.Events.Where(e => e.Pid == second.Pid)];
        Assert.InRange(late.Length, 1, (4 * Records) - 1);
        Assert.Contains(TlsLoad.Record(RecordBytes, 'C', 'B', Records - 1)[1..], string.Concat(late.TakeLast(8).Select(e => e.Text)), StringComparison.Ordinal);
        Assert.All(service.Events, e => Assert.True(e.Pid == first.Pid || e.Pid == second.Pid));
    }

    [Fact]
    public void Reload_FiltersComeAndGo_HoldFromThenOn()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Service service = Service.Start(workspace, "");

        AssertCaptured(service, workspace, isCaptured: true);
        service.Reload("filters: {uid: 54321}");
        AssertCaptured(service, workspace, isCaptured: false);
        service.Reload("filters: {uid: [54321, root]}");
        AssertCaptured(service, workspace, isCaptured: true);
        service.Reload("filters: {uid: root, pid: 1}");
        AssertCaptured(service, workspace, isCaptured: false);
        service.Reload("");
        AssertCaptured(service, workspace, isCaptured: true);
        service.Stop();
    }

    [Fact]
    public void Reload_Cgroups_ReplaceEachOther()
    {
        Requires.Bpf();
        string? mount = File.ReadLines("/proc/self/mounts").Select(line => line.Split(' ')).FirstOrDefault(fields => fields[2] == "cgroup2")?[1];
        Assert.SkipWhen(mount is null, "Needs cgroup v2 mounted.");
        string[] groups = [.. "ab".Select(c => Path.Combine(mount!, string.Create(CultureInfo.InvariantCulture, $"sluice-reload-{Environment.ProcessId}-{c}")))];
        Array.ForEach(groups, group => Directory.CreateDirectory(group));
        try
        {
            using var workspace = new Workspace();
            using Service service = Service.Start(workspace, $"filters: {{cgroup: ['{groups[0]}']}}");
            AssertCaptured(service, workspace, isCaptured: true, groups[0]);
            AssertCaptured(service, workspace, isCaptured: false, groups[1]);
            service.Reload($"filters: {{cgroup: ['{groups[1]}']}}");
            AssertCaptured(service, workspace, isCaptured: false, groups[0]);
            AssertCaptured(service, workspace, isCaptured: true, groups[1]);
            service.Reload($"filters: {{cgroup: ['{groups[0]}', '{groups[1]}']}}");
            AssertCaptured(service, workspace, isCaptured: true, groups[0]);
            AssertCaptured(service, workspace, isCaptured: true, groups[1]);
            AssertCaptured(service, workspace, isCaptured: false);
            service.Reload("");
            AssertCaptured(service, workspace, isCaptured: true);
            service.Stop();
        }
        finally
        {
            Array.ForEach(groups, Directory.Delete);
        }
    }

    [Fact]
    public void Reload_FileWithMistakes_ChangesNothingAndSaysWhy()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Service service = Service.Start(workspace, "filters: {uid: root}");

        service.Reload("filters: {uid: 54321, pidd: 1}\nlog-level: loud", "is not reloaded: everything stays as it was");

        AssertCaptured(service, workspace, isCaptured: true);
        Assert.Contains(service.ConfigPath + ":5:23: filters.pidd: unknown key", service.Log, StringComparison.Ordinal);
        Assert.Contains(service.ConfigPath + ":6:12: log-level 'loud'", service.Log, StringComparison.Ordinal);
        service.Stop();
    }

    [Fact]
    public void Reload_WhatCannotChange_IsNamedAndTheRestTakesEffect()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Service service = Service.Start(workspace, "log-level: info");

        service.Reload("kernel: {mapsize: 64}\nlimits: {payload-limit: 1KiB}\nfilters: {uid: 54321}");

        Assert.Contains("Not changed: kernel.mapsize, limits.payload-limit.", service.Log, StringComparison.Ordinal);
        AssertCaptured(service, workspace, isCaptured: false);
        service.Stop();
    }

    private static TlsLoad Start(Workspace workspace, string name, char pattern)
    {
        TlsLoad load = TlsLoad.Start(
            workspace, "exchange", "--records", Records.ToString(CultureInfo.InvariantCulture), "--size", RecordBytes.ToString(CultureInfo.InvariantCulture),
            "--delay-us", "500", "--wait-file", workspace.PathOf(name), "--pattern", pattern.ToString());
        Command.WaitUntil(() => Directory.GetFiles($"/proc/{load.Pid}/fd").Length >= 5, "The load");
        return load;
    }

    private static void Go(Workspace workspace, string name) => File.WriteAllText(workspace.PathOf(name), "");

    private static string Pids(params int[] pids) => string.Create(CultureInfo.InvariantCulture, $"filters: {{pid: [{string.Join(", ", pids)}]}}");

    /// <summary>Both sides of the connection, both directions, from the first record to the last.</summary>
    private static void AssertWhole(IReadOnlyList<CapturedEvent> events)
    {
        IGrouping<(string, string), CapturedEvent>[] streams = [.. events.GroupBy(e => (e.Connection, e.Direction))];
        Assert.Equal(4, streams.Length);
        Assert.All(streams, stream =>
        {
            Assert.Equal(Enumerable.Range(0, stream.Count()).Select(i => (long)i), stream.Select(e => e.Sequence));
            Assert.Equal(Records * RecordBytes, stream.Sum(e => e.Body.Length));
        });
    }

    /// <summary>A short exchange is in the file, or is not.</summary>
    private static void AssertCaptured(Service service, Workspace workspace, bool isCaptured, string? cgroup = null)
    {
        string join = cgroup is null ? "" : $"echo $$ > {cgroup}/cgroup.procs && ";
        (_, int pid) = Command.RunWithPid("sh", "-c", $"{join}exec {Repository.TlsLoad} exchange --dir {workspace.Directory} --records 5");
        if (isCaptured)
        {
            Command.WaitUntil(() => service.Events.Count(e => e.Pid == pid) == 20, "The events of the exchange");
        }
        else
        {
            // Twenty times what an event needs to the file.
            Thread.Sleep(200);
            Assert.DoesNotContain(service.Events, e => e.Pid == pid);
        }
    }
}
