// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>The program as it is started and stopped by its users, again and again.</summary>
public sealed class LeakTests
{
    private const int Cycles = 100;

    [Fact]
    public void Sluice_HundredStartsAndStops_LeavesNothingInTheKernel()
    {
        Requires.Bpf();
        string bpftool = Requires.Program("bpftool");
        using var workspace = new Workspace();
        var before = KernelInventory.Read(bpftool);
        string traced = TracedEvents(), disciplines = QueueingDisciplines(bpftool);

        IReadOnlySet<string> own = StartAndStop(workspace, pid => KernelInventory.Read(bpftool).NamesOf(pid));
        for (int i = 1; i < Cycles; i++)
        {
            StartAndStop(workspace, static pid => pid);
        }

        // So that the comparison cannot be of nothing: each kind of object was there, and known by name.
        Assert.Superset(new HashSet<string> { "prog tls_enter", "prog tcp_by_packet", "map pid_filter", "map sluice_ring", "map tcp_connections" }, own.ToHashSet());
        Assert.Contains(own, name => name.StartsWith("link ", StringComparison.Ordinal));

        // The kernel frees programs and maps after a grace period.
        IReadOnlyList<string> left = [];
        Command.WaitUntil(() => (left = KernelInventory.Read(bpftool).LeftSince(before, own)).Count == 0, $"An empty list of leftovers, not [{string.Join(", ", left)}]");
        Assert.Equal(traced, TracedEvents());
        Assert.Equal(disciplines, QueueingDisciplines(bpftool));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), directory => new FileInfo(directory + "/exe").LinkTarget == Repository.Sluice);
    }

    /// <summary>One run of both modules: until it is ready, and stopped as a service manager does.</summary>
    private static T StartAndStop<T>(Workspace workspace, Func<int, T> whileItRuns)
    {
        string ready = workspace.PathOf("ready");
        using Command sluice = Command.Start(Repository.Sluice, "capture", "tls", "connections", "--sink", "null:", "--ready-file", ready);
        Command.WaitUntil(() => File.Exists(ready) || sluice.HasExited, "The ready file");
        T result = whileItRuns(sluice.Pid);
        sluice.Signal("TERM");
        (int code, _, string error) = sluice.Wait();
        Assert.True(code == 0, error);
        return result;
    }

    /// <summary>Probes that were made by a line in tracefs are in nobody's hand, and stay until somebody removes them.</summary>
    private static string TracedEvents() => string.Concat(
        new[] { "/sys/kernel/tracing/uprobe_events", "/sys/kernel/tracing/kprobe_events" }.Where(File.Exists).Select(File.ReadAllText));

    private static string QueueingDisciplines(string bpftool) => Command.Run(bpftool, "-j", "net", "show");
}
