// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Probes.Offsets;

namespace Sluice.Probes;

/// <summary>
/// What every module has besides its own programs (bpf/include/maps.h): the way its samples come, the filters, the counters. Made before the session,
/// whose declaration it completes; opened when the session is loaded; disposed before it.
/// </summary>
internal sealed class ModuleChannel : IDisposable
{
    /// <summary>The program that tells the others which process must never be captured.</summary>
    public const string WhoAmI = "sluice_whoami";

    private readonly CaptureOptions _options;
    private readonly KernelFilters _filters;
    private readonly RingPlan _plan;
    private readonly List<BpfMap> _shards = [];
    private BpfSession? _session;

    /// <exception cref="ArgumentOutOfRangeException">More cgroups than the kernel side takes.</exception>
    /// <exception cref="BpfException">The ring buffer was asked for, and the bytecode has none.</exception>
    public ModuleChannel(CaptureOptions options, BytecodeChoice bytecode)
    {
        _options = options;
        _filters = new KernelFilters(options);
        _plan = RingPlan.For(BpfMap.OnlineCpus, options.MapSizePages, Environment.SystemPageSize);
        Transport = Choose(options.Transport, bytecode);
        HasRingMaps = !bytecode.IsLess52;
    }

    /// <summary>Never <see cref="CaptureTransport.Auto"/>.</summary>
    public CaptureTransport Transport { get; }

    /// <summary>Empty with perf.</summary>
    public IReadOnlyList<BpfMap> RingShards => _shards;

    /// <summary>Null with the ring buffer.</summary>
    public BpfMap? PerfEvents => Transport == CaptureTransport.Perf ? Opened.Map("events") : null;

    /// <summary>Null with perf.</summary>
    public MappedMemory? Control { get; private set; }

    private bool HasRingMaps { get; }

    private BpfSession Opened => _session ?? throw new InvalidOperationException("The module is not loaded.");

    /// <summary>The declaration with the constant <c>config</c> and the sizes of the shared maps.</summary>
    /// <param name="declaration">Of the module alone.</param>
    /// <param name="scratchPerCpu">Scratch buffers of each CPU; 0 for programs that send nothing but heads.</param>
    public BpfDeclaration Complete(BpfDeclaration declaration, uint scratchPerCpu)
    {
        List<MapEdit> maps =
        [
            .. declaration.Maps,
            new("scratch_pool") { MaxEntries = Math.Max(1, scratchPerCpu * (uint)BpfMap.PossibleCpus) },
            .. _filters.MapEdits,
        ];
        if (HasRingMaps)
        {
            // The programs' ring path is dead code with perf, so a kernel without ring buffers need not make them.
            maps.Add(new MapEdit("rings") { IsCreated = Transport == CaptureTransport.RingBuffer });
        }

        ConstantEditor config = ConstantEditor.Of("config", Config(scratchPerCpu));
        return declaration with { Maps = maps, ConstantEditors = [.. declaration.ConstantEditors, config] };
    }

    /// <summary>Fills the filters, puts the rings in, and has the kernel note this process. The session is loaded and nothing is attached.</summary>
    /// <param name="session">Of the completed declaration.</param>
    /// <param name="proof">What the programs may believe of the offsets they were given; all of it where they have none.</param>
    /// <param name="host">Where this process runs.</param>
    /// <exception cref="BpfException">The kernel refused, or a cgroup does not exist.</exception>
    public void Open(BpfSession session, KernelProof proof, HostEnvironment host)
    {
        _session = session;
        _filters.Fill(session);
        if (Transport == CaptureTransport.RingBuffer)
        {
            CreateShards(session.Map("rings"));
            Control = session.Map("control").Map();
        }

        NameOurselves(session, proof, host);
    }

    /// <summary>Sums the per-CPU counters; from any thread while the session is open.</summary>
    public KernelCounters ReadCounters() => CpuStats.Sum(Opened.Map("stats").LookupPerCpu<uint, CpuStats>(0u));

    /// <summary>As of <see cref="ICaptureModule.ReplaceFilters"/>.</summary>
    public void ReplaceFilters(CaptureOptions options) => _filters.Replace(options);

    /// <summary>Closes the rings. The session is not its own.</summary>
    public void Dispose()
    {
        _filters.Dispose();
        Control?.Dispose();
        _shards.ForEach(static shard => shard.Dispose());
        _shards.Clear();
    }

    private static CaptureTransport Choose(CaptureTransport wanted, BytecodeChoice bytecode) => wanted switch
    {
        CaptureTransport.RingBuffer when bytecode.IsLess52 => throw new BpfException(
            "bpf_map_create", 0, $"The ring buffer was asked for, but {bytecode.FileName} is for kernels that have none. Leave --transport out or use --transport perf."),
        CaptureTransport.Auto when bytecode.IsLess52 => CaptureTransport.Perf,
        CaptureTransport.Auto => KernelFeatures.TryRingBuffer().IsAvailable ? CaptureTransport.RingBuffer : CaptureTransport.Perf,
        _ => wanted,
    };

    /// <summary>Tells the programs which process is ours: its own traffic is never captured.</summary>
    private static void NameOurselves(BpfSession session, KernelProof proof, HostEnvironment host)
    {
        session.Map("self").Update(0u, new SelfState { Tgid = (uint)Environment.ProcessId, KernelProven = proof });
        try
        {
            // Runs in this thread, so the kernel sees this process, by the number that it has there also from inside a PID namespace.
            session.Program(WhoAmI).TestRun([]);
        }
        catch (BpfException) when (host.IsInitialPidNamespace)
        {
            // Before Linux 5.10 such programs cannot be run at will. Outside of PID namespaces our own number is the kernel's.
        }
    }

    private ProgramConfig Config(uint scratchPerCpu)
    {
        var config = new ProgramConfig
        {
            Transport = Transport == CaptureTransport.Perf ? 1u : 0u,
            ShardMask = (uint)_plan.ShardCount - 1,
            ScratchPerCpu = scratchPerCpu,
            Module = _options.ModuleIndex,
            PayloadLimit = _options.PayloadLimitBytes,
        };
        _filters.CompileIn(ref config);
        return config;
    }

    private void CreateShards(BpfMap rings)
    {
        for (uint i = 0; i < _plan.ShardCount; i++)
        {
            BpfMap shard = BpfMap.Create(BpfMapType.RingBuffer, "sluice_ring", 0, 0, _plan.ShardBytes);
            _shards.Add(shard);
            rings.Update(i, shard.Fd);
        }
    }
}
