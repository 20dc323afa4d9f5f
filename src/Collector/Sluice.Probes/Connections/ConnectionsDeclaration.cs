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

    /// <summary>Everything but the bytes, the constants and the maps.</summary>
    public static BpfDeclaration For(BytecodeChoice bytecode, ProgramFlavour flavour, ReadOnlyMemory<byte> bytes) => new()
    {
        Name = "connections",
        ObjectName = bytecode.FileName,
        Bytecode = bytes,
        Probes = Probes(flavour),
        ActivatedProbes = [TcpPlan(bytecode.IsLess52)],
        Programs = [ModuleChannel.WhoAmI],
        Copies = [.. CopiedPrograms(flavour)],
    };

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

    private static IReadOnlyList<Probe> Probes(ProgramFlavour flavour)
    {
        string suffix = flavour == ProgramFlavour.Plain ? "_plain" : string.Empty;
        return
        [
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
    private static IEnumerable<IReadOnlyList<string>> CopiedPrograms(ProgramFlavour flavour)
    {
        Dictionary<string, string> programs = Probes(flavour).ToDictionary(static probe => probe.Id, static probe => probe.Program);
        return programs.Keys.Where(id => programs.ContainsKey(id + "_2")).Select(id => (IReadOnlyList<string>)[.. Copies(id).Select(copy => programs[copy])]);
    }

    /// <summary>The same program three times, because the kernel leaves out a run inside another one of the same; attached in this order.</summary>
    private static IEnumerable<string> Copies(string program) => [program, program + "_2", program + "_3"];
}
