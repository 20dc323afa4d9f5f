// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

public sealed unsafe partial class BpfProgram
{
    /// <summary>No program of another object: attach targets are the kernel's own functions.</summary>
    private const int Kernel = 0;

    /// <summary>Attaches to a function of the kernel (Linux 4.17); the program must be of a kprobe section.</summary>
    /// <param name="function">Its symbol, as /proc/kallsyms has it.</param>
    /// <param name="isReturn">Fires when the function returns.</param>
    /// <param name="offset">Bytes behind its start; 0 for returns.</param>
    /// <param name="cookie">What bpf_get_attach_cookie() gives in the program (Linux 5.15); 0 asks for no cookie.</param>
    /// <exception cref="BpfException">ENOENT: a kernel without kprobes, or without that function; EINVAL: it may not be probed (blacklisted or inlined).</exception>
    public BpfLink AttachKprobe(string function, bool isReturn = false, ulong offset = 0, ulong cookie = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        using HandleLease lease = new(_owner);
        string subject = string.Create(CultureInfo.InvariantCulture, $"{Subject} at the {(isReturn ? "return" : "entry")} of {function}()");
        return ProbeEvent.Attach(Libbpf.bpf_program__fd(_program), ProbeEvent.OpenKprobe(function, offset, isReturn, subject), cookie, subject);
    }

    /// <summary>Attaches to an absolute address of the kernel's code, for what has no symbol. Otherwise as <see cref="AttachKprobe"/>.</summary>
    /// <exception cref="BpfException">EINVAL: no instruction begins there, or it may not be probed.</exception>
    public BpfLink AttachKprobeAt(ulong address, bool isReturn = false, ulong cookie = 0)
    {
        using HandleLease lease = new(_owner);
        string subject = string.Create(CultureInfo.InvariantCulture, $"{Subject} at kernel address 0x{address:x}");
        return ProbeEvent.Attach(Libbpf.bpf_program__fd(_program), ProbeEvent.OpenKprobe(null, address, isReturn, subject), cookie, subject);
    }

    /// <summary>Attaches to a tracepoint (Linux 4.7); the program must be of a tracepoint section. Needs tracefs to be mounted.</summary>
    /// <exception cref="BpfException">ENOENT: tracefs is not mounted, or the kernel has no such tracepoint; the message says which.</exception>
    public BpfLink AttachTracepoint(string category, string name, ulong cookie = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(category);
        ArgumentException.ThrowIfNullOrEmpty(name);
        using HandleLease lease = new(_owner);
        string subject = $"{Subject} at tracepoint {category}:{name}";
        return ProbeEvent.Attach(Libbpf.bpf_program__fd(_program), ProbeEvent.OpenTracepoint(category, name, subject), cookie, subject);
    }

    /// <summary>Says which function (fentry, fexit) or tracepoint (tp_btf) the program is for, in place of what its section says. Before the load only: the kernel binds it then.</summary>
    /// <exception cref="BpfException">ESRCH or ENOENT: the kernel's BTF has no such function or tracepoint.</exception>
    public void SetAttachTarget(string function)
    {
        ArgumentException.ThrowIfNullOrEmpty(function);
        using HandleLease lease = new(_owner);
        LibbpfLog.Begin();
        int result = Libbpf.bpf_program__set_attach_target(_program, Kernel, function);
        ThrowOnError(result, "bpf_program__set_attach_target", $"{Subject} for {function}");
    }

    /// <summary>Attaches a program of kind fentry, fexit (Linux 5.5) or tp_btf (Linux 5.5) to what it was loaded for.</summary>
    /// <exception cref="BpfException">ENOTSUPP, ENOENT, EBUSY: the kernel has no trampolines, or not for this function.</exception>
    public BpfLink AttachTrace()
    {
        using HandleLease lease = new(_owner);
        LibbpfLog.Begin();
        nint link = Libbpf.bpf_program__attach_trace(_program);
        return ToLink(SysResult.FromPointer(link), link, "bpf_program__attach_trace", $"{Subject} (section '{SectionName}')");
    }

    /// <summary>Attaches to a cgroup and those below it (Linux 5.7), beside programs that are there already.</summary>
    /// <param name="cgroup">A directory of cgroup v2; it may be closed afterwards.</param>
    /// <exception cref="BpfException">EBADF: no cgroup v2; EPERM: another program forbids to share the cgroup, or the privilege (CAP_NET_ADMIN) is missing.</exception>
    public BpfLink AttachCgroup(CgroupDirectory cgroup)
    {
        ArgumentNullException.ThrowIfNull(cgroup);
        using HandleLease lease = new(_owner);
        LibbpfLog.Begin();
        nint link = Libbpf.bpf_program__attach_cgroup(_program, cgroup.Fd);
        return ToLink(SysResult.FromPointer(link), link, "bpf_program__attach_cgroup", $"{Subject} (section '{SectionName}') at cgroup {cgroup.Path}");
    }

    /// <summary>Attaches to the packets of a network interface by a tcx link (Linux 6.6), behind the programs that are there already.</summary>
    /// <param name="interfaceName">Such as <c>eth0</c>, in this process's network namespace.</param>
    /// <param name="direction">Which packets.</param>
    /// <exception cref="BpfException">ENODEV: no such interface; EINVAL: no tcx in this kernel; EPERM: CAP_NET_ADMIN is missing.</exception>
    public BpfLink AttachTcx(string interfaceName, PacketDirection direction)
    {
        using HandleLease lease = new(_owner);
        string subject = $"{Subject} at the {direction} of interface {interfaceName} (tcx)";
        int index = FindInterface(interfaceName, subject);
        SysResult link;

        // SAFETY: the attributes live on the stack for the length of the call, which is told their size.
        unsafe
        {
            bpf_attr_tcx_link attributes = new()
            {
                prog_fd = (uint)Libbpf.bpf_program__fd(_program),
                target_ifindex = (uint)index,
                attach_type = direction == PacketDirection.Ingress ? Libc.BPF_TCX_INGRESS : Libc.BPF_TCX_EGRESS,
            };
            link = Libc.BpfLinkCreate(&attributes);
        }

        return new BpfLink(new FileDescriptor((int)link.ThrowOnError("bpf(BPF_LINK_CREATE)", subject)));
    }

    /// <summary>
    /// Attaches to the packets of a network interface by a filter of its clsact queueing discipline (Linux 4.5). Makes the discipline where there is
    /// none, and then removes it with the last filter of this process. Unlike every other link, this one outlives a process that is killed.
    /// </summary>
    /// <param name="interfaceName">Such as <c>eth0</c>, in this process's network namespace.</param>
    /// <param name="direction">Which packets.</param>
    /// <exception cref="BpfException">ENODEV: no such interface; EPERM: CAP_NET_ADMIN is missing; ENOENT: no clsact in this kernel.</exception>
    public BpfLink AttachClsact(string interfaceName, PacketDirection direction)
    {
        using HandleLease lease = new(_owner);
        string subject = $"{Subject} at the {direction} of interface {interfaceName} (clsact)";
        int index = FindInterface(interfaceName, subject);
        int point = direction == PacketDirection.Ingress ? bpf_tc_hook.BPF_TC_INGRESS : bpf_tc_hook.BPF_TC_EGRESS;
        return new BpfLink(ClsactAttachment.Create(Libbpf.bpf_program__fd(_program), index, point, subject));
    }

    private static int FindInterface(string name, string subject)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        uint index = Libc.if_nametoindex(name);
        return index != 0 ? (int)index : throw BpfException.FromErrno("if_nametoindex", Marshal.GetLastPInvokeError(), subject);
    }

    private static void ThrowOnError(int result, string call, string subject)
    {
        if (result < 0)
        {
            throw BpfException.FromErrno(call, -result, subject, LibbpfLog.Text);
        }
    }
}
