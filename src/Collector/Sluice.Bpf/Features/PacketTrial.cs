// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

/// <summary>
/// Tries programs for packets on the loopback interface of a network namespace that only this trial has: no packet of anybody passes there, and all
/// that was attached goes with the namespace.
/// </summary>
internal static unsafe class PacketTrial
{
    /// <summary>In every network namespace the first interface is its loopback.</summary>
    private const int Loopback = 1;

    public static (FeatureProbe Tcx, FeatureProbe Clsact) Run()
    {
        FeatureProbe tcx = default, clsact = default;

        // A thread of its own: what it unshares ends with it.
        Thread thread = new(() =>
        {
            SysResult entered = SysResult.FromLibc(Libc.unshare(Libc.CLONE_NEWNET));
            if (entered.IsError)
            {
                tcx = clsact = new FeatureProbe(false, "unshare(CLONE_NEWNET): " + BpfException.Reason(entered.Error));
                return;
            }

            tcx = AttachTrial.WithProgram(ProgramTrial.BPF_PROG_TYPE_SCHED_CLS, Libc.BPF_TCX_INGRESS, 0, TryTcx);
            clsact = AttachTrial.WithProgram(ProgramTrial.BPF_PROG_TYPE_SCHED_CLS, 0, 0, TryClsact);
        })
        {
            Name = "sluice-trial",
        };
        thread.Start();
        thread.Join();
        return (tcx, clsact);
    }

    private static FeatureProbe TryTcx(int program)
    {
        SysResult link;

        // SAFETY: the attributes live on the stack for the length of the call, which is told their size.
        unsafe
        {
            bpf_attr_tcx_link attributes = new() { prog_fd = (uint)program, target_ifindex = Loopback, attach_type = Libc.BPF_TCX_INGRESS };
            link = Libc.BpfLinkCreate(&attributes);
        }

        if (link.IsError)
        {
            return new FeatureProbe(false, "bpf(BPF_LINK_CREATE): " + BpfException.Reason(link.Error));
        }

        new FileDescriptor((int)link.ThrowOnError("bpf(BPF_LINK_CREATE)", "a trial")).Dispose();
        return new FeatureProbe(true, "a program was attached to a loopback interface");
    }

    private static FeatureProbe TryClsact(int program)
    {
        // SAFETY: both structs live on the stack for the length of the calls, and their sz fields say how much of them libbpf may use.
        unsafe
        {
            bpf_tc_hook hook = new()
            {
                sz = (nuint)sizeof(bpf_tc_hook), ifindex = Loopback, attach_point = bpf_tc_hook.BPF_TC_INGRESS | bpf_tc_hook.BPF_TC_EGRESS,
            };
            LibbpfLog.Begin();
            int result = Interop.Libbpf.bpf_tc_hook_create(&hook);
            if (result < 0)
            {
                return new FeatureProbe(false, "making the clsact queueing discipline: " + BpfException.Reason(-result));
            }

            hook.attach_point = bpf_tc_hook.BPF_TC_INGRESS;
            bpf_tc_opts options = new() { sz = (nuint)sizeof(bpf_tc_opts), prog_fd = program };
            result = Interop.Libbpf.bpf_tc_attach(&hook, &options);
            return result < 0
                ? new FeatureProbe(false, "attaching a filter: " + BpfException.Reason(-result))
                : new FeatureProbe(true, "a filter was attached to a loopback interface");
        }
    }
}
