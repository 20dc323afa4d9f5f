// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;

namespace Sluice.Probes.OpenSsl;

/// <summary>What the module <c>tls</c> says of its kernel side: bpf/openssl_kern.bpf.c with what a capture asks for.</summary>
internal static class OpenSslDeclaration
{
    /// <summary>How socket calls inside an SSL call are seen.</summary>
    public const string SocketPlan = "sockets";

    // A CPU can have as many programs under way as threads of it were preempted inside one. 16 buffers of 16 KiB carry a CPU on which 16 runnable
    // threads are all in the middle of a copy; beyond that the sample is lost and counted as no_scratch. MAX_SCRATCH_PER_CPU of bpf/include/emit.h.
    private const uint ScratchPerCpu = 16;

    // Threads in SSL calls where the kernel takes the memory for all of them at once: 7 MiB.
    private const uint PreallocatedThreads = 16384;

    /// <summary>The first kernel on which hash maps of tracing programs may take memory as they grow without a warning in its log.</summary>
    private static readonly KernelVersion s_safeAllocation = new(6, 1);

    private static readonly Probe[] s_hostProbes =
    [
        new RawTracepointProbe(OpenSslPrograms.ThreadExit, "sched_process_exit"),
        new RawTracepointProbe(OpenSslPrograms.SocketSend, "sock_send_length"),
        new RawTracepointProbe(OpenSslPrograms.SocketReceive, "sock_recv_length"),
        new RawTracepointProbe(OpenSslPrograms.SystemCall, "sys_enter"),
    ];

    private static readonly AttachPlan[] s_hostPlans =
    [
        AttachPlan.AllOf("thread exit", OpenSslPrograms.ThreadExit),
        AttachPlan.FirstOf(
            SocketPlan,
            new AttachAlternative("socket-tracepoints", [OpenSslPrograms.SocketSend, OpenSslPrograms.SocketReceive]),
            new AttachAlternative("sys_enter", [OpenSslPrograms.SystemCall])) with { IsOptional = true },
    ];

    /// <param name="setting">What is asked for, and where.</param>
    /// <param name="programs">Those of the object that this kernel gets for the libraries.</param>
    public static BpfDeclaration For(ModuleSetting setting, OpenSslPrograms programs) => new()
    {
        Name = "tls",
        ObjectName = setting.Bytecode.FileName,
        Bytecode = Bytecode.Read(setting.Bytecode.FileName),
        Programs = [.. programs.OfLibraries, ModuleChannel.WhoAmI],
        UprobeMultiPrograms = programs.UseMulti ? programs.OfLibraries : [],
        Probes = s_hostProbes,
        ActivatedProbes = s_hostPlans,
        Maps = StateMaps(setting.Kernel, programs.Flavour),
    };

    /// <summary>Buffers in which samples are put together. Building one in the ring itself takes none.</summary>
    public static uint ScratchFor(ModuleSetting setting, OpenSslPrograms programs) =>
        setting.Transport == CaptureTransport.Perf || programs.Flavour == ProgramFlavour.Plain ? ScratchPerCpu : 1;

    /// <summary>Fits the state maps to a kernel. Those that get the plain flavour are treated as old, whatever their version says.</summary>
    private static MapEdit[] StateMaps(KernelVersion kernel, ProgramFlavour flavour) =>
        kernel >= s_safeAllocation && flavour == ProgramFlavour.Modern
            ? []
            : [new MapEdit("thread_calls") { Flags = 0, MaxEntries = PreallocatedThreads }];
}
