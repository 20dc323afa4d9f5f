// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes;

/// <summary>Kernel features that a module is to do without although the kernel has them: the way to try on one machine what runs on older ones.</summary>
[Flags]
public enum WithheldFeatures
{
    None = 0,

    /// <summary>A link for each uprobe, as before Linux 6.6.</summary>
    UprobeMulti = 1,

    /// <summary>System calls are watched for sockets, as before Linux 6.3.</summary>
    SocketTracepoints = 2,

    /// <summary>Programs use nothing that came after Linux 5.8; this implies <see cref="UprobeMulti"/>.</summary>
    ModernPrograms = 4,

    /// <summary>BPF trampolines on functions of the kernel.</summary>
    Fentry = 8,

    /// <summary>Kprobes.</summary>
    Kprobe = 16,

    /// <summary>Tracepoints with typed arguments.</summary>
    BtfTracepoint = 32,

    /// <summary>Tracepoints with raw arguments, where there is another way.</summary>
    RawTracepoint = 64,

    /// <summary>tcx links, as before Linux 6.6.</summary>
    Tcx = 128,

    /// <summary>Tracepoints by their records, which need tracefs.</summary>
    Tracepoint = 256,
}
