// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

/// <summary>
/// Finds out whether the kernel has a kind of attach point: by attaching a program that does nothing for a moment, or, where that would touch others,
/// by a target that cannot be attached to. A kernel that gets as far as saying so knows the kind.
/// </summary>
internal static unsafe class AttachTrial
{
    private const uint BPF_CGROUP_INET_EGRESS = 1;
    private const uint BPF_CGROUP_SOCK_OPS = 3;
    private const uint BPF_TRACE_RAW_TP = 23;
    private const uint BPF_TRACE_FENTRY = 24;

    /// <summary>Every kernel has it, nothing inlines it, and it runs once a process.</summary>
    private const string Function = "do_exit";
    private const string Tracing = "sched_process_exit";

    public static FeatureProbe UprobeMulti() => WithProgram(ProgramTrial.BPF_PROG_TYPE_KPROBE, Libc.BPF_TRACE_UPROBE_MULTI, 0, static program =>
    {
        // A directory cannot be probed.
        SysResult link = BpfProgram.CreateUprobeMultiLink(program, new UprobeMultiTarget("/", [0], [0], IsReturn: false));
        return KnownBy(link, Errno.EBADF);
    });

    public static FeatureProbe Kprobe() => Guard(static () =>
    {
        ProbeEvent.OpenKprobe(Function, 0, isReturn: false, "a trial").Dispose();
        return new FeatureProbe(true, $"a probe at {Function}() was accepted");
    });

    public static FeatureProbe Tracepoint() => Guard(static () =>
    {
        ProbeEvent.OpenTracepoint("sched", Tracing, "a trial").Dispose();
        return new FeatureProbe(true, $"sched:{Tracing} was opened");
    });

    public static FeatureProbe Fentry() => Trace(Function, BPF_TRACE_FENTRY);

    public static FeatureProbe BtfTracepoint() => Trace(Tracing, BPF_TRACE_RAW_TP);

    public static FeatureProbe RawTracepoint() => WithProgram(
        ProgramTrial.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, static program => Opened(Interop.Libbpf.bpf_raw_tracepoint_open(Tracing, program), Tracing));

    public static FeatureProbe CgroupSkb() => Cgroup(ProgramTrial.BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS);

    public static FeatureProbe Sockops() => Cgroup(ProgramTrial.BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS);

    /// <summary>Loads a program that does nothing, has it tried, and closes it.</summary>
    public static FeatureProbe WithProgram(int type, uint attachType, uint attachBtfId, Func<int, FeatureProbe> trial)
    {
        SysResult loaded = ProgramTrial.LoadNothing(type, attachType, attachBtfId);
        if (loaded.IsError)
        {
            return new FeatureProbe(false, "bpf_prog_load: " + BpfException.Reason(loaded.Error));
        }

        using FileDescriptor program = new((int)loaded.ThrowOnError("bpf_prog_load", "a trial"));
        return Guard(() => trial(program.Value));
    }

    private static FeatureProbe Trace(string target, uint attachType)
    {
        LibbpfLog.Begin();
        int id = Interop.Libbpf.libbpf_find_vmlinux_btf_id(target, attachType);
        return id < 0
            ? new FeatureProbe(false, $"the kernel's BTF has no {target}: {BpfException.Reason(-id)}")
            : WithProgram(
                ProgramTrial.BPF_PROG_TYPE_TRACING, attachType, (uint)id, program => Opened(Interop.Libbpf.bpf_raw_tracepoint_open(null, program), target));
    }

    private static FeatureProbe Opened(int link, string target)
    {
        if (link < 0)
        {
            return new FeatureProbe(false, $"attaching to {target}: {BpfException.Reason(-link)}");
        }

        new FileDescriptor(link).Dispose();
        return new FeatureProbe(true, $"a program was attached to {target}");
    }

    private static FeatureProbe Cgroup(int type, uint attachType) => WithProgram(type, attachType, 0, program =>
    {
        // The root directory is no cgroup.
        using CgroupDirectory directory = CgroupDirectory.Open("/");

        // SAFETY: the attributes live on the stack for the length of the call, which is told their size.
        unsafe
        {
            bpf_attr_perf_link attributes = new() { prog_fd = (uint)program, target_fd = (uint)directory.Fd, attach_type = attachType };
            return KnownBy(Libc.BpfLinkCreate(&attributes), Errno.EBADF);
        }
    });

    private static FeatureProbe KnownBy(SysResult link, int error) => link.Error == error
        ? new FeatureProbe(true, "the kernel knows this kind of link")
        : new FeatureProbe(false, "bpf(BPF_LINK_CREATE): " + BpfException.Reason(link.Error));

    private static FeatureProbe Guard(Func<FeatureProbe> trial)
    {
        try
        {
            return trial();
        }
        catch (BpfException refusal)
        {
            return new FeatureProbe(false, refusal.Summary);
        }
    }
}
