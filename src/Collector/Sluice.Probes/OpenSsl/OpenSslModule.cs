// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Probes.Offsets;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>Taps the plaintext of every process that uses OpenSSL or a library with its API: module <c>tls</c>.</summary>
/// <remarks>
/// The probes of targets that appear later are made on the tracker's thread; everything else happens on the host's. A tracker that hangs in
/// a file system outlives <see cref="Detach"/>, so the probes have a lock.
/// </remarks>
public sealed class OpenSslModule : ICaptureModule
{
    private readonly ILogger _logger;
    private readonly List<BpfMap> _shards = [];
    private readonly Dictionary<FileKey, TargetProbes> _probes = [];

    // Guards the probes. That nothing is attached behind Detach, the session sees to.
    private readonly Lock _gate = new();
    private BpfSession? _session;
    private BpfMap? _stats;
    private LayoutTable? _layouts;
    private CaptureOptions _options = new();
    private KernelFilters? _filters;
    private TargetTracker? _tracker;
    private MappingFeed? _feed;
    private OpenSslPrograms? _programs;

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

    /// <inheritdoc/>
    public BytecodeChoice? Bytecode { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<PlanOutcome> Plans { get; private set; } = [];

    private BpfSession Loaded => _session ?? throw new InvalidOperationException("The module is not loaded.");

    /// <inheritdoc/>
    public void Load(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _filters = new KernelFilters(options);
        HostEnvironment host = HostEnvironment.Read();
        Bytecode = ModuleBytecode.Choose(ModuleBytecode.OpenSsl, options, host);
        OpenSslLog.BytecodeChosen(_logger, Bytecode.FileName, string.Join(' ', Bytecode.Reasons));
        Transport = Choose(options.Transport, Bytecode);
        RingPlan plan = RingPlan.For(BpfMap.OnlineCpus, options.MapSizePages, Environment.SystemPageSize);
        var choice = ProgramChoice.Make(options.Without, Bytecode);
        _programs = choice.Programs;
        KernelOffsetRow? offsets = Bytecode.IsCore ? null : FindKernelOffsets(Bytecode, host.KernelVersion);
        _session = BpfSession.Open(
            OpenSslDeclaration.Make(options, _filters, Bytecode, _programs, Transport, plan).With(offsets).For(host.KernelVersion, _programs.Flavour),
            new SessionOptions { BtfPath = options.BtfFile, WithheldAlternatives = WithheldFeatureNames.Of(options.Without) });
        Plans = [.. choice.Outcomes, .. _session.Plans];
        ReportPlans();
        _session.Load();
        _programs.Link(_session);
        _stats = _session.Map("stats");
        _layouts = new LayoutTable(_session.Map("tls_layouts"), _programs.HasCookies);
        _filters.Fill(_session);
        if (Transport == CaptureTransport.RingBuffer)
        {
            CreateShards(_session.Map("rings"), plan);
            Control = _session.Map("control").Map();
        }

        NameOurselves(_session, knowsKernel: Bytecode.IsCore || offsets is not null, host);
    }

    /// <inheritdoc/>
    public int? Attach(Action<Exception> onTrackerFailed)
    {
        Loaded.Attach();
        var selection = new TargetSelection { LibraryPaths = _options.LibraryPaths, Pids = _options.FiltersMayChange ? [] : _options.Pids };
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
    public void ReplaceFilters(CaptureOptions options) => (_filters ?? throw new InvalidOperationException("The module is not loaded.")).Replace(options);

    /// <inheritdoc/>
    public void Detach()
    {
        _feed?.Dispose();
        _tracker?.Dispose();
        _session?.Detach();
        lock (_gate)
        {
            _probes.Clear();
        }
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
        _session?.Dispose();
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
    private static void NameOurselves(BpfSession session, bool knowsKernel, HostEnvironment host)
    {
        session.Map("self").Update(0u, new SelfState { Tgid = (uint)Environment.ProcessId, KernelProven = knowsKernel ? 1u : 0u });
        try
        {
            // Runs in this thread, so the kernel sees this process, by the number that it has there also from inside a PID namespace.
            session.Program(OpenSslPrograms.WhoAmI).TestRun([]);
        }
        catch (BpfException) when (host.IsInitialPidNamespace)
        {
            // Before Linux 5.10 such programs cannot be run at will. Outside of PID namespaces our own number is the kernel's.
        }
    }

    /// <summary>The offsets that hold in this kernel, for bytecode without CO-RE; null, and a warning, where none is known.</summary>
    private KernelOffsetRow? FindKernelOffsets(BytecodeChoice bytecode, KernelVersion kernel)
    {
        string reason = "no known layout of kernel structures fits this kernel.";
        try
        {
            if (KernelOffsetTrial.FindHolding(bytecode.FileName, kernel) is { } row)
            {
                OpenSslLog.KernelOffsetsFound(_logger, row.Configuration);
                return row;
            }
        }
        catch (Exception failure) when (failure is BpfException or SocketException)
        {
            reason = failure.Message;
        }

        OpenSslLog.KernelOffsetsUnknown(_logger, reason);
        return null;
    }

    private void ReportPlans()
    {
        PlanOutcome sockets = Plans.Single(static plan => plan.Plan == OpenSslDeclaration.SocketPlan);
        string reasons = string.Join(" | ", sockets.Refusals);
        if (sockets.Chosen is null)
        {
            OpenSslLog.NestedSocketsUnavailable(_logger, reasons);
        }
        else if (sockets.Refusals.Count > 0)
        {
            OpenSslLog.SocketTracepointsMissing(_logger, reasons);
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
                if (!Loaded.IsDetached)
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
