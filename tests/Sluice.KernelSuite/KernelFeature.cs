// SPDX-License-Identifier: Apache-2.0
namespace Sluice.KernelSuite;

/// <summary>
/// Something that kernels have from a version on, when they are built with it: the rows of docs/kernels.md. It is the suite's own knowledge, kept
/// apart from what Sluice finds out by trying, so that a feature that Sluice wrongly takes for missing fails the suite.
/// </summary>
/// <param name="Name">For the report.</param>
/// <param name="Major">Version of Linux, first part.</param>
/// <param name="Minor">Version of Linux, second part.</param>
/// <param name="Options">Options that the kernel must be built with, without <c>CONFIG_</c>.</param>
internal sealed record KernelFeature(string Name, int Major, int Minor, params string[] Options)
{
    /// <summary>The first version without it again; null for what came to stay.</summary>
    public (int Major, int Minor)? GoneIn { get; init; }

    public static readonly KernelFeature Uprobe = new("uprobes", 4, 17, "UPROBE_EVENTS");
    public static readonly KernelFeature UprobeMulti = new("multi-uprobe links", 6, 6, "UPROBE_EVENTS");
    public static readonly KernelFeature Cookie = new("attach cookies", 5, 15);
    public static readonly KernelFeature Loop = new("bpf_loop", 5, 17);
    public static readonly KernelFeature Dynptr = new("ring buffer dynptr", 5, 19);
    public static readonly KernelFeature AcceptOfFourArguments = new("inet_csk_accept() with four arguments", 4, 12) { GoneIn = (6, 10) };
    public static readonly KernelFeature RingBuffer = new("ring buffer", 5, 8);
    public static readonly KernelFeature Kprobe = new("kprobes", 4, 17, "KPROBES", "KPROBE_EVENTS");
    public static readonly KernelFeature Fentry = new("fentry", 5, 5, "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "DEBUG_INFO_BTF");
    public static readonly KernelFeature Tracepoint = new("tracepoints", 4, 7, "EVENT_TRACING");
    public static readonly KernelFeature SystemCallTracepoint = new("tracepoints of system calls", 4, 7, "FTRACE_SYSCALLS");
    public static readonly KernelFeature RawTracepoint = new("raw tracepoints", 4, 17, "BPF_EVENTS");
    public static readonly KernelFeature BtfTracepoint = new("BTF tracepoints", 5, 5, "BPF_EVENTS", "DEBUG_INFO_BTF");
    public static readonly KernelFeature Tcx = new("tcx", 6, 6, "NET_XGRESS");
    public static readonly KernelFeature Clsact = new("clsact", 4, 5, "NET_CLS_BPF", "NET_SCH_INGRESS");
    public static readonly KernelFeature SocketTracepoint = new("tracepoints of sockets' calls", 6, 3, "BPF_EVENTS");
    public static readonly KernelFeature Lockdown = new("lockdown that refuses programs", 5, 13, "SECURITY_LOCKDOWN_LSM");
    public static readonly KernelFeature CgroupBpf = new("cgroup programs", 5, 7, "CGROUP_BPF");
}
