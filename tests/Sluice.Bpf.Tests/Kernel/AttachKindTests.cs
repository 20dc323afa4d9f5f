// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using Sluice.Bpf.Engine;
using Xunit;
using static Sluice.Bpf.Tests.Kernel.EngineObject;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>Each kind of probe attaches, fires and is gone after the detach; on kernels that lack the kind, the refusal says so.</summary>
public sealed class AttachKindTests
{
    private const string KprobeType = "/sys/bus/event_source/devices/kprobe/type";
    private const string Loopback = "lo";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Uprobe_BySymbol_FiresOnEachCall(bool isReturn) =>
        FiresOnEachCall(new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target", IsReturn = isReturn });

    [Fact]
    public void Uprobe_ByAddressOrOffset_IsTheSamePlaceAsTheSymbol()
    {
        KernelTest.RequirePrivilege();
        ulong offset = ElfSymbols.FindFunctionOffset(KernelTest.TargetLibrary, "sluice_test_target");

        FiresOnEachCall(new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Offset = offset });
        FiresOnEachCall(new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Address = TargetFunction.AddressInFile() });
    }

    [Fact]
    public void Uprobe_WithThePidOfAnother_DoesNotFire()
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = Start(new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target", Pid = 1 });

        TargetFunction.Call();

        Assert.Equal(0ul, session.Count(Hit.Uprobe));
    }

    [Fact]
    public void Uprobe_WithOurPid_Fires() =>
        FiresOnEachCall(new UprobeProbe("at_uprobe", KernelTest.TargetLibrary) { Symbol = "sluice_test_target", Pid = Environment.ProcessId });

    [Fact]
    public void UprobeMulti_OneLinkForEntryPlaces_FiresOnEachCall()
    {
        KernelTest.RequirePrivilege();
        Assert.SkipUnless(Bpf.Features.KernelFeatures.TryUprobeMulti().IsAvailable, "Needs multi-uprobe links (Linux 6.6).");
        ulong offset = ElfSymbols.FindFunctionOffset(KernelTest.TargetLibrary, "sluice_test_target");

        FiresOnEachCall(new UprobeMultiProbe("at_uprobe", new UprobeMultiTarget(KernelTest.TargetLibrary, [offset], [7], IsReturn: false)));
    }

    [Fact]
    public void Kprobe_FunctionOfTheKernel_FiresOrSaysThatThereAreNone()
    {
        KernelTest.RequirePrivilege();
        KprobeProbe probe = new("at_kprobe", "tcp_connect");
        if (File.Exists(KprobeType))
        {
            FiresOn(probe, Hit.Kprobe, Connect);
            return;
        }

        BpfSessionException refusal = Assert.Throws<BpfSessionException>(() => Start(probe));

        Assert.Equal(SessionStep.Attach, refusal.Step);
        Assert.Contains("this kernel has no kprobes", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("CONFIG_KPROBE_EVENTS", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fentry_FunctionOfTheKernel_FiresOrIsRefusedWithWhatItNeeds()
    {
        KernelTest.RequirePrivilege();
        FentryProbe probe = new("at_fentry", "tcp_connect");
        try
        {
            FiresOn(probe, Hit.Fentry, Connect);
        }
        catch (BpfSessionException refusal)
        {
            // A kernel with trampolines must take it: the probe of a function that every kernel has is no matter of luck.
            Assert.False(Bpf.Features.KernelFeatures.Probe().Fentry.IsAvailable, refusal.Message);
            Assert.Contains("'at_fentry'", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Fentry_FunctionThatIsMissing_IsNamed()
    {
        KernelTest.RequirePrivilege();

        BpfSessionException refusal = Assert.Throws<BpfSessionException>(() => Start(new FentryProbe("at_nothing")));

        Assert.Equal(SessionStep.Load, refusal.Step);
        Assert.Contains("sluice_no_such_function", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RawTracepoint_SystemCalls_Fires() =>
        FiresOn(new RawTracepointProbe("at_raw_tracepoint", "sys_enter"), Hit.RawTracepoint, static () => File.Exists("/"));

    [Fact]
    public void BtfTracepoint_SystemCalls_Fires() =>
        FiresOn(new BtfTracepointProbe("at_btf_tracepoint"), Hit.BtfTracepoint, static () => File.Exists("/"));

    [Fact]
    public void BtfTracepoint_NamedByTheProbe_ReplacesTheSections() =>
        FiresOn(new BtfTracepointProbe("at_btf_tracepoint", "sys_exit"), Hit.BtfTracepoint, static () => File.Exists("/"));

    [Fact]
    public void Tracepoint_WithoutTracefs_SaysHowToMountItAndWithItFires()
    {
        KernelTest.RequirePrivilege();
        TracepointProbe probe = new("at_tracepoint", "syscalls", "sys_enter_getpriority");
        if (Interop.ProbeEvent.TracefsPath is not null)
        {
            // BasePriority would be read from /proc, without that system call.
            FiresOn(probe, Hit.Tracepoint, static () => _ = System.Diagnostics.Process.GetCurrentProcess().PriorityClass);
            return;
        }

        BpfSessionException refusal = Assert.Throws<BpfSessionException>(() => Start(probe));

        Assert.Contains("mount -t tracefs", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tcx_LoopbackBothWays_Fires()
    {
        KernelTest.RequirePrivilege();
        Assert.SkipUnless(Bpf.Features.KernelFeatures.Probe().Tcx.IsAvailable, "Needs tcx links (Linux 6.6).");
        PacketsFire(new TcxProbe("at_tc_ingress", Loopback, PacketDirection.Ingress), new TcxProbe("at_tc_egress", Loopback, PacketDirection.Egress));
    }

    [Fact]
    public void Clsact_LoopbackBothWays_FiresAndTheDisciplineGoesWithTheLastFilter()
    {
        KernelTest.RequirePrivilege();
        bool wasThere = QueueingDiscipline.HasClsact(Loopback);

        PacketsFire(
            new ClsactProbe("at_tc_ingress", Loopback, PacketDirection.Ingress), new ClsactProbe("at_tc_egress", Loopback, PacketDirection.Egress));

        Assert.Equal(wasThere, QueueingDiscipline.HasClsact(Loopback));
    }

    [Fact]
    public void Clsact_DisciplineOfSomebodyElse_Stays()
    {
        KernelTest.RequirePrivilege();
        using QueueingDiscipline foreign = QueueingDiscipline.AddClsact(Loopback);

        PacketsFire(new ClsactProbe("at_tc_ingress", Loopback, PacketDirection.Ingress), new ClsactProbe("at_tc_egress", Loopback, PacketDirection.Egress));

        Assert.True(QueueingDiscipline.HasClsact(Loopback));
    }

    [Fact]
    public void Tc_InterfaceThatIsMissing_IsNamed()
    {
        KernelTest.RequirePrivilege();

        BpfSessionException refusal = Assert.Throws<BpfSessionException>(() => Start(new ClsactProbe("at_tc_ingress", "nosuch0", PacketDirection.Ingress)));

        Assert.Equal(19, refusal.Errno); // ENODEV
        Assert.Contains("nosuch0", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, int> CgroupPrograms => new()
    {
        { "at_cgroup_skb", (int)Hit.CgroupSkb },
        { "at_cgroup_connect", (int)Hit.CgroupConnect },
        { "at_cgroup_sock", (int)Hit.CgroupSock },
        { "at_cgroup_sendmsg", (int)Hit.CgroupSendmsg },
        { "at_sockops", (int)Hit.Sockops },
    };

    [Theory]
    [MemberData(nameof(CgroupPrograms))]
    public void Cgroup_EachHookOfTheRoot_Fires(string program, int hit)
    {
        KernelTest.RequirePrivilege();
        Assert.SkipUnless(CgroupRoot is not null, "Needs cgroup v2 to be mounted.");
        FiresOn(new CgroupProbe(program, CgroupRoot!), (Hit)hit, static () =>
        {
            Connect();
            Send();
        });
    }

    [Fact]
    public void Cgroup_DirectoryThatIsNone_IsNamed()
    {
        KernelTest.RequirePrivilege();

        BpfSessionException refusal = Assert.Throws<BpfSessionException>(() => Start(new CgroupProbe("at_cgroup_skb", "/tmp")));

        Assert.Contains("/tmp", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("cgroup v2", refusal.Message, StringComparison.Ordinal);
    }

    private static string? CgroupRoot => File.ReadLines("/proc/self/mounts")
        .Select(static line => line.Split(' '))
        .FirstOrDefault(static fields => fields[2] == "cgroup2")?[1];

    private static BpfSession Start(params Probe[] probes)
    {
        BpfSession session = BpfSession.Open(Declare(probes));
        session.Load();
        session.Attach();
        return session;
    }

    private static void FiresOnEachCall(Probe probe)
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = Start(probe);

        TargetFunction.Call();
        TargetFunction.Call();
        ulong attached = session.Count(Hit.Uprobe);
        session.Detach();
        TargetFunction.Call();

        Assert.Equal(2ul, attached);
        Assert.Equal(2ul, session.Count(Hit.Uprobe));
    }

    private static void FiresOn(Probe probe, Hit hit, Action action)
    {
        KernelTest.RequirePrivilege();
        using BpfSession session = Start(probe);

        action();
        Assert.True(SpinWait.SpinUntil(() => session.Count(hit) > 0, TimeSpan.FromSeconds(2)), $"{probe.Place} did not fire");
        session.Detach();
        ulong detached = session.Count(hit);
        action();

        Assert.Equal(detached, session.Count(hit));
    }

    private static void PacketsFire(Probe ingress, Probe egress)
    {
        using BpfSession session = Start(ingress, egress);

        Send();
        Assert.True(
            SpinWait.SpinUntil(() => session.Count(Hit.TcIngress) > 0 && session.Count(Hit.TcEgress) > 0, TimeSpan.FromSeconds(2)), "no packet was seen");
        session.Detach();
        ulong detached = session.Count(Hit.TcIngress) + session.Count(Hit.TcEgress);
        Send();

        Assert.Equal(detached, session.Count(Hit.TcIngress) + session.Count(Hit.TcEgress));
    }

    private static void Connect()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new(AddressFamily.InterNetwork);
        client.Connect((IPEndPoint)listener.LocalEndpoint);
    }

    private static void Send()
    {
        using UdpClient receiver = new(new IPEndPoint(IPAddress.Loopback, 0));
        using UdpClient sender = new(AddressFamily.InterNetwork);
        sender.Send([1], 1, (IPEndPoint)receiver.Client.LocalEndPoint!);
    }
}
