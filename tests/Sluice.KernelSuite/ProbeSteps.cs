// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>Attaches every kind of probe through the engine and counts how often it fires for traffic of a known number.</summary>
internal static class ProbeSteps
{
    private const int Records = 10;
    private const int Connections = 10;
    private const string Loopback = "lo";

    /// <summary>Both sides of tls_load are one process: each of its calls is made twice.</summary>
    private const ulong Calls = 2 * Records;

    // Slots of the map `watched` in native/kinds.bpf.c.
    private const uint WatchedProcess = 0;
    private const uint WatchedPort = 1;

    public static IEnumerable<Step> All(SuiteSetting setting)
    {
        string library = FindLibrary();
        Step User(string name, Probe probe) => new("probe", "-", name, () => CountCalls(setting, probe)) { Needs = [KernelFeature.Uprobe], IsQuick = true };
        Step Kernel(string name, Func<CgroupOfSuite, Probe> probe, KernelFeature need, ulong hits = Connections) =>
            new("probe", "-", name, () => CountConnections(setting, probe, hits)) { Needs = [need], IsQuick = true };

        yield return User("uprobe by symbol", new UprobeProbe("on_uprobe", library) { Symbol = "SSL_write" });
        yield return User("uretprobe by symbol", new UprobeProbe("on_uretprobe", library) { Symbol = "SSL_write", IsReturn = true });
        yield return User("uprobe by offset", new UprobeProbe("on_uprobe", library) { Offset = ElfSymbols.FindFunctionOffset(library, "SSL_read") });
        yield return User("multi-uprobe", Multi("on_uprobe", library, isReturn: false)) with { Needs = [KernelFeature.UprobeMulti] };
        yield return User("multi-uretprobe", Multi("on_uretprobe", library, isReturn: true)) with { Needs = [KernelFeature.UprobeMulti] };
        yield return new Step("probe", "-", "uprobe of one process", () => CountCallsOfOneProcess(setting, library)) { Needs = [KernelFeature.Uprobe], IsQuick = true };
        yield return Kernel("kprobe", _ => new KprobeProbe("on_kprobe", "tcp_connect"), KernelFeature.Kprobe);
        yield return Kernel("kretprobe", _ => new KprobeProbe("on_kretprobe", "tcp_connect") { IsReturn = true }, KernelFeature.Kprobe);
        yield return Kernel("fentry", _ => new FentryProbe("on_fentry"), KernelFeature.Fentry);
        yield return Kernel("fexit", _ => new FentryProbe("on_fexit"), KernelFeature.Fentry);
        yield return Kernel("tracepoint", _ => new TracepointProbe("on_tracepoint", "sock", "inet_sock_set_state"), KernelFeature.Tracepoint);
        yield return Kernel("raw_tp", _ => new RawTracepointProbe("on_raw_tp", "inet_sock_set_state"), KernelFeature.RawTracepoint);
        yield return Kernel("tp_btf", _ => new BtfTracepointProbe("on_tp_btf"), KernelFeature.BtfTracepoint);
        yield return Kernel("tcx ingress", _ => new TcxProbe("on_packet", Loopback, PacketDirection.Ingress), KernelFeature.Tcx);
        yield return Kernel("tcx egress", _ => new TcxProbe("on_packet", Loopback, PacketDirection.Egress), KernelFeature.Tcx);
        yield return Kernel("clsact ingress", _ => new ClsactProbe("on_packet", Loopback, PacketDirection.Ingress), KernelFeature.Clsact);
        yield return Kernel("clsact egress", _ => new ClsactProbe("on_packet", Loopback, PacketDirection.Egress), KernelFeature.Clsact);
        yield return Kernel("cgroup_skb", cgroup => new CgroupProbe("on_cgroup_skb", cgroup.Path), KernelFeature.CgroupBpf);
        // The listener is a socket too.
        yield return Kernel("cgroup/sock_create", cgroup => new CgroupProbe("on_cgroup_sock", cgroup.Path), KernelFeature.CgroupBpf, Connections + 1);
    }

    private static UprobeMultiProbe Multi(string program, string library, bool isReturn)
    {
        // Half of the calls are writes; only one of the two functions is called by `--api ex`, so that the sum stays Calls.
        ulong[] offsets = [ElfSymbols.FindFunctionOffset(library, "SSL_write"), ElfSymbols.FindFunctionOffset(library, "SSL_write_ex")];
        return new UprobeMultiProbe(program, new UprobeMultiTarget(library, offsets, [1, 2], isReturn));
    }

    private static string CountCalls(SuiteSetting setting, Probe probe)
    {
        string go = setting.Workspace.PathOf(setting.NextCaptureName() + ".go");
        using TlsLoad load = TlsLoad.Start(setting.Workspace, "exchange", "--records", $"{Records}", "--wait-file", go);
        using BpfSession session = Start(setting, probe);
        Watch(session, WatchedProcess, load.Pid);
        File.WriteAllText(go, "");
        load.Finish();
        return AssertHits(session, Calls);
    }

    private static string CountCallsOfOneProcess(SuiteSetting setting, string library)
    {
        string go = setting.Workspace.PathOf(setting.NextCaptureName() + ".go");
        TlsLoad[] loads = [.. Enumerable.Range(0, 2).Select(_ => TlsLoad.Start(setting.Workspace, "exchange", "--records", $"{Records}", "--wait-file", go))];
        try
        {
            // The probe is of one process, and what it counts is another: nothing. Then the same process: all.
            using BpfSession other = Start(setting, new UprobeProbe("on_uprobe", library) { Symbol = "SSL_write", Pid = loads[0].Pid });
            using BpfSession same = Start(setting, new UprobeProbe("on_uprobe", library) { Symbol = "SSL_write", Pid = loads[0].Pid });
            Watch(other, WatchedProcess, loads[1].Pid);
            Watch(same, WatchedProcess, loads[0].Pid);
            File.WriteAllText(go, "");
            foreach (TlsLoad load in loads)
            {
                load.Finish();
            }

            AssertHits(other, 0);
            return AssertHits(same, Calls) + ", none of the other process";
        }
        finally
        {
            foreach (TlsLoad load in loads)
            {
                load.Dispose();
            }
        }
    }

    private static string CountConnections(SuiteSetting setting, Func<CgroupOfSuite, Probe> probe, ulong hits)
    {
        using CgroupOfSuite cgroup = CgroupOfSuite.Enter();
        using BpfSession session = Start(setting, probe(cgroup));
        Watch(session, WatchedProcess, Environment.ProcessId);
        LoopbackTraffic.Connect(Connections, port => Watch(session, WatchedPort, port));
        return AssertHits(session, hits);
    }

    private static BpfSession Start(SuiteSetting setting, Probe probe)
    {
        BpfSession session = BpfSession.Open(new BpfDeclaration
        {
            Name = "suite",
            ObjectName = "kinds.o",
            Bytecode = File.ReadAllBytes(setting.KindsObject),
            Probes = [probe],
            ActivatedProbes = [AttachPlan.AllOf("probe", probe.Id)],
        });
        try
        {
            session.Load();
            session.Attach();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private static void Watch(BpfSession session, uint slot, int value) => session.Map("watched").Update(slot, (uint)value);

    private static string AssertHits(BpfSession session, ulong expected)
    {
        session.Detach();
        Assert.True(session.Map("hits").TryLookup(0u, out ulong hits));
        Assert.Equal(expected, hits);
        return $"fired {hits} times";
    }

    /// <summary>The file that tls_load maps: the dynamic linker lists what it would load, as ldd does where it is installed.</summary>
    private static string FindLibrary()
    {
        using Command listing = Command.StartWith("LD_TRACE_LOADED_OBJECTS", "1", Repository.TlsLoad);
        return listing.WaitForSuccess().Split(['\n', ' ', '\t']).First(word => word.StartsWith('/') && word.Contains("/libssl.so", StringComparison.Ordinal));
    }
}
