// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Probes.Offsets;

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

    /// <param name="options">What the user asked for.</param>
    /// <param name="filters">Of the module.</param>
    /// <param name="bytecode">The object that is used.</param>
    /// <param name="programs">Those of it that this kernel gets for the libraries.</param>
    /// <param name="transport">Ring buffer or perf.</param>
    /// <param name="plan">The rings, where it is the former.</param>
    public static BpfDeclaration Make(CaptureOptions options, KernelFilters filters, BytecodeChoice bytecode, OpenSslPrograms programs, CaptureTransport transport, RingPlan plan)
    {
        bool perf = transport == CaptureTransport.Perf;

        // Building a sample in the ring itself takes none.
        uint scratchPerCpu = perf || programs.Flavour == ProgramFlavour.Plain ? ScratchPerCpu : 1;
        return new BpfDeclaration
        {
            Name = "tls",
            ObjectName = bytecode.FileName,
            Bytecode = Bytecode.Read(bytecode.FileName),
            Programs = [.. programs.OfLibraries, OpenSslPrograms.WhoAmI],
            UprobeMultiPrograms = programs.UseMulti ? programs.OfLibraries : [],
            Probes = s_hostProbes,
            ActivatedProbes = s_hostPlans,
            ConstantEditors = [ConstantEditor.Of("config", MakeConfig(options, filters, plan, perf, scratchPerCpu))],
            Maps = MakeMaps(filters, bytecode, perf, scratchPerCpu),
        };
    }

    /// <summary>Adds the offsets of kernel structures, for bytecode without CO-RE.</summary>
    public static BpfDeclaration With(this BpfDeclaration declaration, KernelOffsetRow? offsets) => offsets is null
        ? declaration
        : declaration with { ConstantEditors = [.. declaration.ConstantEditors, new ConstantEditor("kernel", offsets.Value)] };

    /// <summary>Fits the state maps to a kernel. Those that get the plain flavour are treated as old, whatever their version says.</summary>
    public static BpfDeclaration For(this BpfDeclaration declaration, KernelVersion kernel, ProgramFlavour flavour) =>
        kernel >= s_safeAllocation && flavour == ProgramFlavour.Modern
            ? declaration
            : declaration with { Maps = [.. declaration.Maps, new MapEdit("thread_calls") { Flags = 0, MaxEntries = PreallocatedThreads }] };

    private static ProgramConfig MakeConfig(CaptureOptions options, KernelFilters filters, RingPlan plan, bool perf, uint scratchPerCpu)
    {
        var config = new ProgramConfig
        {
            Transport = perf ? 1u : 0u,
            ShardMask = (uint)plan.ShardCount - 1,
            ScratchPerCpu = scratchPerCpu,
            Module = options.ModuleIndex,
            PayloadLimit = options.PayloadLimitBytes,
        };
        filters.CompileIn(ref config);
        return config;
    }

    private static List<MapEdit> MakeMaps(KernelFilters filters, BytecodeChoice bytecode, bool perf, uint scratchPerCpu)
    {
        List<MapEdit> maps =
        [
            new MapEdit("scratch_pool") { MaxEntries = scratchPerCpu * (uint)BpfMap.PossibleCpus },
            .. filters.MapEdits,
        ];
        if (!bytecode.IsLess52)
        {
            // The programs' ring path is dead code with perf, so a kernel without ring buffers need not make them.
            maps.Add(new MapEdit("rings") { IsCreated = !perf });
        }

        return maps;
    }
}
