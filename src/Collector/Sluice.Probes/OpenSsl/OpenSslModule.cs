// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Features;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>Taps the plaintext of every process that uses OpenSSL or a library with its API: module <c>tls</c>.</summary>
/// <remarks>
/// The probes of targets that appear later are made on the tracker's thread; everything else happens on the host's. A tracker that hangs in
/// a file system outlives <see cref="Detach"/>, so the probes have a lock.
/// </remarks>
public sealed class OpenSslModule : ICaptureModule
{
    // A CPU can have as many programs under way as threads of it were preempted inside one. 16 buffers of 16 KiB carry a CPU on which 16 runnable
    // threads are all in the middle of a copy; beyond that the sample is lost and counted as no_scratch. MAX_SCRATCH_PER_CPU of bpf/include/emit.h.
    private const uint ScratchPerCpu = 16;

    // The kernel's own limit of a cgroup array is ours: SLUICE_MAX_CGROUPS in bpf/include/maps.h.
    private const int MaxCgroups = 64;

    private readonly ILogger _logger;
    private readonly List<BpfMap> _shards = [];
    private readonly List<BpfLink> _hostLinks = [];
    private readonly Dictionary<FileKey, TargetProbes> _probes = [];

    // Guards the probes and _detached. Held while attaching, so that nothing is attached behind Detach.
    private readonly Lock _gate = new();
    private BpfObject? _bpf;
    private BpfMap? _stats;
    private LayoutTable? _layouts;
    private CaptureOptions _options = new();
    private TargetTracker? _tracker;
    private MappingFeed? _feed;
    private OpenSslPrograms? _programs;
    private bool _detached;

    /// <param name="logger">Told which libraries are tapped and which cannot be.</param>
    public OpenSslModule(ILogger logger) => _logger = logger;

    /// <inheritdoc/>
    public string Name => "tls";

    /// <inheritdoc/>
    public CaptureTransport Transport { get; private set; } = CaptureTransport.Auto;

    /// <inheritdoc/>
    public IReadOnlyList<BpfMap> RingShards => _shards;

    /// <inheritdoc/>
    public BpfMap? PerfEvents => Transport == CaptureTransport.Perf ? Loaded.Map("events") : null;

    /// <inheritdoc/>
    public MappedMemory? Control { get; private set; }

    private BpfObject Loaded => _bpf ?? throw new InvalidOperationException("The module is not loaded.");

    /// <inheritdoc/>
    public void Load(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CgroupPaths.Count, MaxCgroups, nameof(options));
        _options = options;
        Transport = Choose(options.Transport);
        _bpf = BpfObject.Open(Bytecode.Read(OpenSslPrograms.ObjectName), "openssl_kern", options.BtfFile);
        RingPlan plan = RingPlan.For(BpfMap.OnlineCpus, options.MapSizePages, Environment.SystemPageSize);
        _programs = ChoosePrograms(options.Without);
        _programs.Select(_bpf);
        Configure(_bpf, plan);
        _bpf.Load();
        _programs.Link(_bpf);
        _stats = _bpf.Map("stats");
        _layouts = new LayoutTable(_bpf.Map("tls_layouts"));
        FillFilters(_bpf);
        if (Transport == CaptureTransport.RingBuffer)
        {
            CreateShards(_bpf.Map("rings"), plan);
            Control = _bpf.Map("control").Map();
        }

        // Runs in this thread, so the kernel sees this process: its own traffic is never captured.
        _bpf.Program(OpenSslPrograms.WhoAmI).TestRun([]);
    }

    /// <inheritdoc/>
    public int? Attach(Action<Exception> onTrackerFailed)
    {
        AttachHostProbes();
        var selection = new TargetSelection { LibraryPaths = _options.LibraryPaths, Pids = _options.Pids };
        ExecutableMappingMonitor? monitor = TryWatchMappings();
        _tracker = new TargetTracker(new TargetDiscovery(selection), new TargetTrackerOptions { HasMappingEvents = monitor is not null });
        _tracker.Added += target => AttachTarget(target, isNamedByUser: false);
        _tracker.Removed += RemoveTarget;
        _tracker.Failed += onTrackerFailed;
        if (monitor is not null)
        {
            _feed = MappingFeed.Start(monitor, _tracker, onTrackerFailed);
        }

        _tracker.Start(target => AttachTarget(target, isNamedByUser: _options.LibraryPaths.Count > 0));

        lock (_gate)
        {
            return _probes.Count;
        }
    }

    /// <inheritdoc/>
    public void Detach()
    {
        _feed?.Dispose();
        _tracker?.Dispose();
        lock (_gate)
        {
            _detached = true;
            foreach (TargetProbes probes in _probes.Values)
            {
                probes.Dispose();
            }

            _probes.Clear();
        }

        foreach (BpfLink link in _hostLinks)
        {
            link.Dispose();
        }

        _hostLinks.Clear();
    }

    /// <inheritdoc/>
    public KernelCounters ReadCounters() =>
        CpuStats.Sum((_stats ?? throw new InvalidOperationException("The module is not loaded.")).LookupPerCpu<uint, CpuStats>(0u));

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        Control?.Dispose();
        foreach (BpfMap shard in _shards)
        {
            shard.Dispose();
        }

        _shards.Clear();
        _bpf?.Dispose();
    }

    private static CaptureTransport Choose(CaptureTransport wanted) => wanted switch
    {
        CaptureTransport.Auto => KernelFeatures.TryRingBuffer().IsAvailable ? CaptureTransport.RingBuffer : CaptureTransport.Perf,
        _ => wanted,
    };

    private static OpenSslPrograms ChoosePrograms(WithheldFeatures without)
    {
        bool modern = !without.HasFlag(WithheldFeatures.ModernPrograms) && KernelFeatures.TryModernPrograms().IsAvailable;
        bool multi = modern && !without.HasFlag(WithheldFeatures.UprobeMulti) && KernelFeatures.TryUprobeMulti().IsAvailable;
        return new OpenSslPrograms(modern ? ProgramFlavour.Modern : ProgramFlavour.Plain, multi);
    }

    private void Configure(BpfObject bpf, RingPlan plan)
    {
        bool perf = Transport == CaptureTransport.Perf;

        // Building a sample in the ring itself takes none.
        uint scratchPerCpu = perf || _programs!.Flavour == ProgramFlavour.Plain ? ScratchPerCpu : 1;
        bpf.SetConstant("config", new ProgramConfig
        {
            Transport = perf ? 1u : 0u,
            ShardMask = (uint)plan.ShardCount - 1,
            PidFilter = _options.Pids.Count > 0 ? 1u : 0u,
            UidFilter = _options.Uids.Count > 0 ? 1u : 0u,
            CgroupFilter = (uint)_options.CgroupPaths.Count,
            ScratchPerCpu = scratchPerCpu,
            Module = _options.ModuleIndex,
            PayloadLimit = _options.PayloadLimitBytes,
        });
        bpf.Map("scratch_pool").MaxEntries = scratchPerCpu * (uint)BpfMap.PossibleCpus;
        bpf.Map("pid_filter").MaxEntries = (uint)Math.Max(1, _options.Pids.Count);
        bpf.Map("uid_filter").MaxEntries = (uint)Math.Max(1, _options.Uids.Count);

        // The programs' ring path is dead code with perf, so a kernel without ring buffers need not make them.
        bpf.Map("rings").SetAutoCreate(!perf);
    }

    private void FillFilters(BpfObject bpf)
    {
        const byte Present = 1;
        foreach (int pid in _options.Pids)
        {
            bpf.Map("pid_filter").Update((uint)pid, Present);
        }

        foreach (uint uid in _options.Uids)
        {
            bpf.Map("uid_filter").Update(uid, Present);
        }

        for (int i = 0; i < _options.CgroupPaths.Count; i++)
        {
            using CgroupDirectory cgroup = CgroupDirectory.Open(_options.CgroupPaths[i]);
            bpf.Map("cgroup_filter").Update((uint)i, cgroup.Fd);
        }
    }

    private void CreateShards(BpfMap rings, RingPlan plan)
    {
        for (uint i = 0; i < plan.ShardCount; i++)
        {
            BpfMap shard = BpfMap.Create(BpfMapType.RingBuffer, "sluice_ring", 0, 0, plan.ShardBytes);
            _shards.Add(shard);
            rings.Update(i, shard.Fd);
        }
    }

    private void AttachHostProbes()
    {
        _hostLinks.Add(Loaded.Program(OpenSslPrograms.ThreadExit).AttachRawTracepoint("sched_process_exit"));
        if (_options.Without.HasFlag(WithheldFeatures.SocketTracepoints))
        {
            AttachSystemCalls();
            return;
        }

        try
        {
            _hostLinks.Add(Loaded.Program(OpenSslPrograms.SocketSend).AttachRawTracepoint("sock_send_length"));
            _hostLinks.Add(Loaded.Program(OpenSslPrograms.SocketReceive).AttachRawTracepoint("sock_recv_length"));
        }
        catch (BpfException missing)
        {
            OpenSslLog.SocketTracepointsMissing(_logger, missing.Message);
            AttachSystemCalls();
        }
    }

    private void AttachSystemCalls()
    {
        try
        {
            _hostLinks.Add(Loaded.Program(OpenSslPrograms.SystemCall).AttachRawTracepoint("sys_enter"));
        }
        catch (BpfException refused)
        {
            OpenSslLog.NestedSocketsUnavailable(_logger, refused.Message);
        }
    }

    private ExecutableMappingMonitor? TryWatchMappings()
    {
        try
        {
            return new ExecutableMappingMonitor();
        }
        catch (BpfException refused)
        {
            OpenSslLog.MonitorUnavailable(_logger, refused.Message);
            return null;
        }
    }

    private void AttachTarget(TlsTarget target, bool isNamedByUser)
    {
        try
        {
            lock (_gate)
            {
                if (!_detached)
                {
                    AttachLocked(target);
                }
            }
        }
        catch (BpfException refused) when (!isNamedByUser)
        {
            OpenSslLog.TargetRefused(_logger, target.ToString(), refused.Message);
            _tracker!.Retry(target);
        }
    }

    private void AttachLocked(TlsTarget target)
    {
        uint row = _layouts!.RowFor(target.Identity, target.Layout);
        TargetProbes probes = TargetProbes.Attach(Loaded, _programs!, target, row);
        _probes.Add(target.Key, probes);
        OpenSslLog.TargetAttached(_logger, target.ToString(), string.Join(", ", target.Symbols.Points.Select(p => p.Name)));
        foreach (string refusal in probes.Refused)
        {
            OpenSslLog.FunctionRefused(_logger, target.ToString(), refusal);
        }
    }

    private void RemoveTarget(TlsTarget target)
    {
        lock (_gate)
        {
            if (_probes.Remove(target.Key, out TargetProbes? probes))
            {
                probes.Dispose();
                OpenSslLog.TargetRemoved(_logger, target.ToString());
            }
        }
    }
}
