// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Selection;

namespace Sluice.Probes.Connections;

/// <summary>The programs of bpf/connections_kern.bpf.c: where each may be attached, and which of them do a job together.</summary>
internal static class ConnectionsDeclaration
{
    /// <summary>The job of <see cref="TcpPlan"/>.</summary>
    public const string Tcp = "tcp";

    /// <summary>The job of <see cref="UdpPlan"/>.</summary>
    public const string Udp = "udp";

    private const string UdpUseRaw = "udp_use_raw";
    private const string ByPacket = "tcp_by_packet";
    private const string ByCall = "tcp_by_call";
    private const string ConnectFentry = "tcp_connect_fentry";
    private const string CloseFentry = "tcp_close_fentry";
    private const string AcceptFexit = "tcp_accept_fexit";
    private const string ConnectKprobe = "tcp_connect_kprobe";
    private const string CloseKprobe = "tcp_close_kprobe";
    private const string AcceptKretprobe = "tcp_accept_kretprobe";
    private const string GraftKprobe = "tcp_graft_kprobe";
    private const string AcceptRecord = "tcp_accept_tracepoint";
    private const string Accept4Record = "tcp_accept4_tracepoint";
    private const string AcceptRaw = "tcp_accept_raw";

    private static readonly string[] s_udpSockets = ["udp_create", "udp_release"];
    private static readonly string[] s_udpPeers = ["udp_connect4", "udp_connect6", "udp_sendmsg4", "udp_sendmsg6", "udp_recvmsg4", "udp_recvmsg6"];
    private static readonly string[] s_udpPackets = ["udp_in", "udp_out"];

    // Packets last: when the first is counted, whatever tells of its process is there.
    private static readonly string[] s_udpPrograms = [.. s_udpSockets, .. s_udpPeers, .. s_udpPackets];

    // Functions of the kernel by which sockets send and receive.
    private static readonly string[] s_udpCalls = ["udp_sendmsg", "udp_recvmsg", "udpv6_sendmsg", "udpv6_recvmsg"];

    /// <summary>Everything but the shared constants and maps.</summary>
    /// <param name="bytecode">The variant.</param>
    /// <param name="flavour">Of its programs.</param>
    /// <param name="bytes">The object.</param>
    /// <param name="rootCgroup">The root of cgroup v2, whose programs see the sockets of all.</param>
    /// <param name="udpIdle">After so much silence a UDP flow has ended.</param>
    public static BpfDeclaration For(BytecodeChoice bytecode, ProgramFlavour flavour, ReadOnlyMemory<byte> bytes, string rootCgroup, TimeSpan udpIdle) => new()
    {
        Name = "connections",
        ObjectName = bytecode.FileName,
        Bytecode = bytes,
        Probes = Probes(flavour, rootCgroup),
        ActivatedProbes = [TcpPlan(bytecode.IsLess52), UdpPlan(flavour)],
        Programs = [ModuleChannel.WhoAmI],
        ConstantEditors = bytecode.IsLess52 ? [] : [ConstantEditor.Of("udp_idle_ns", (ulong)(udpIdle.TotalMilliseconds * 1e6))],
        Copies = [.. CopiedPrograms(flavour, rootCgroup)],
    };

    /// <summary>The program that ends UDP flows; run by the collector, attached nowhere.</summary>
    public static string UdpEndOf(ProgramFlavour flavour) => "udp_end" + SuffixOf(flavour);

    /// <summary>
    /// The ways to follow TCP. The states come from one tracepoint in all of them, and its probe is attached first: a connection of which no more than
    /// its end was seen is then one from before the capture, and never one that seems to go on for ever.
    /// </summary>
    public static AttachPlan TcpPlan(bool isLess52)
    {
        List<AttachAlternative> alternatives =
        [
            new("kprobe", [.. Copies(ByPacket), ConnectKprobe, CloseKprobe, AcceptKretprobe, GraftKprobe]),
            new("tracepoint", [.. Copies(ByPacket), .. Copies(ByCall), AcceptRecord, Accept4Record]),
            new("raw_tp", [.. Copies(ByPacket), .. Copies(ByCall), .. Copies(AcceptRaw)]),
        ];
        if (!isLess52)
        {
            alternatives.Insert(0, new("fentry", [.. Copies(ByPacket), .. Copies(ConnectFentry), .. Copies(CloseFentry), .. Copies(AcceptFexit)]));
        }

        return AttachPlan.FirstOf(Tcp, alternatives);
    }

    /// <summary>
    /// The ways to follow UDP. All count datagrams by programs of the root cgroup; they differ in how the process is learned that sends or receives without
    /// naming a peer, the last way not at all. The objects for kernels before 5.2 have none of these programs: such kernels cannot say there who runs,
    /// and know no end of a socket.
    /// </summary>
    public static AttachPlan UdpPlan(ProgramFlavour flavour) => AttachPlan.FirstOf(
        Udp,
        new("socket-tracepoints", [.. s_udpPrograms, UdpUseRaw + "_send", UdpUseRaw + "_recv"]),
        new("fentry", [.. s_udpPrograms, .. s_udpCalls.Select(static call => call + "_fentry")]),
        new("kprobe", [.. s_udpPrograms, .. s_udpCalls.Select(static call => call + "_kprobe")]),
        new("cgroup", s_udpPrograms)) with
    { IsOptional = true, Programs = [UdpEndOf(flavour)] };

    private static string SuffixOf(ProgramFlavour flavour) => flavour == ProgramFlavour.Plain ? "_plain" : string.Empty;

    private static IReadOnlyList<Probe> Probes(ProgramFlavour flavour, string rootCgroup)
    {
        string suffix = SuffixOf(flavour);
        return
        [
            .. s_udpSockets.Select(name => new CgroupProbe(name, rootCgroup)),
            .. s_udpPeers.Concat(s_udpPackets).Select(name => new CgroupProbe(name + suffix, rootCgroup) { Id = name }),
            new RawTracepointProbe(UdpUseRaw, "sock_send_length") { Id = UdpUseRaw + "_send" },
            new RawTracepointProbe(UdpUseRaw, "sock_recv_length") { Id = UdpUseRaw + "_recv" },
            .. s_udpCalls.Select(static call => new FentryProbe(call + "_fentry")),
            .. s_udpCalls.Select(static call => new KprobeProbe("udp_use_kprobe", call) { Id = call + "_kprobe" }),
            .. Copies(ByPacket).Select(name => new RawTracepointProbe(name + suffix, "inet_sock_set_state") { Id = name }),
            .. Copies(ByCall).Select(static name => new RawTracepointProbe(name, "inet_sock_set_state")),
            .. Copies(ConnectFentry).Select(static name => new FentryProbe(name)),
            .. Copies(CloseFentry).Select(static name => new FentryProbe(name)),
            .. Copies(AcceptFexit).Select(name => new FentryProbe(name + suffix) { Id = name }),
            new KprobeProbe(ConnectKprobe, "tcp_connect"),
            new KprobeProbe(CloseKprobe, "tcp_close"),
            new KprobeProbe(AcceptKretprobe + suffix, "inet_csk_accept") { Id = AcceptKretprobe, IsReturn = true },

            // Makes up for returns that the kernel had no room to follow; without CONFIG_SECURITY_NETWORK there is no such function.
            new KprobeProbe(GraftKprobe + suffix, "security_sock_graft") { Id = GraftKprobe, IsOptional = true },
            new TracepointProbe(AcceptRecord + suffix, "syscalls", "sys_exit_accept") { Id = AcceptRecord },
            new TracepointProbe(AcceptRecord + suffix, "syscalls", "sys_exit_accept4") { Id = Accept4Record },
            .. Copies(AcceptRaw).Select(name => new RawTracepointProbe(name + suffix, "sys_exit") { Id = name }),
        ];
    }

    /// <summary>Of each that is there three times the functions' names.</summary>
    private static IEnumerable<IReadOnlyList<string>> CopiedPrograms(ProgramFlavour flavour, string rootCgroup)
    {
        Dictionary<string, string> programs = Probes(flavour, rootCgroup).ToDictionary(static probe => probe.Id, static probe => probe.Program);
        return programs.Keys.Where(id => programs.ContainsKey(id + "_2")).Select(id => (IReadOnlyList<string>)[.. Copies(id).Select(copy => programs[copy])]);
    }

    /// <summary>The same program three times, because the kernel leaves out a run inside another one of the same; attached in this order.</summary>
    private static IEnumerable<string> Copies(string program) => [program, program + "_2", program + "_3"];
}
