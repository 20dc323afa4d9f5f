// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;
using Sluice.Probes.Offsets;

namespace Sluice.Probes;

/// <summary>
/// What all capture modules have in common: the choice of bytecode, the session, the channel, the counters. A module adds its <see cref="Declare"/>, and its
/// targets when these are not places of the kernel alone.
/// </summary>
public abstract class CaptureModule : ICaptureModule
{
    /// <summary>Which kernel's layout of structures is used, by bytecode without CO-RE.</summary>
    private const string OffsetsPlan = "kernel offsets";

    private readonly string _baseName;
    private readonly ILogger _logger;
    private ModuleChannel? _channel;
    private BpfSession? _session;
    private ModuleTargets? _targets;

    private protected CaptureModule(string name, string baseName, ILogger logger)
    {
        Name = name;
        _baseName = baseName;
        _logger = logger;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public CaptureTransport Transport => _channel?.Transport ?? CaptureTransport.Auto;

    /// <inheritdoc/>
    public IReadOnlyList<BpfMap> RingShards => Channel.RingShards;

    /// <inheritdoc/>
    public BpfMap? PerfEvents => Channel.PerfEvents;

    /// <inheritdoc/>
    public MappedMemory? Control => Channel.Control;

    /// <inheritdoc/>
    public BytecodeChoice? Bytecode { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<PlanOutcome> Plans { get; private set; } = [];

    private protected ILogger Logger => _logger;

    private ModuleChannel Channel => _channel ?? throw new InvalidOperationException("The module is not loaded.");

    private BpfSession Session => _session ?? throw new InvalidOperationException("The module is not loaded.");

    /// <inheritdoc/>
    public void Load(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        HostEnvironment host = HostEnvironment.Read();
        BytecodeChoice bytecode = ModuleBytecode.Choose(_baseName, options, host);
        Bytecode = bytecode;
        ModuleLog.BytecodeChosen(_logger, bytecode.FileName, string.Join(' ', bytecode.Reasons));
        _channel = new ModuleChannel(options, bytecode);
        ModuleDeclaration declaration = Declare(new ModuleSetting(options, bytecode, host.KernelVersion, _channel.Transport));
        ProvenOffsets? offsets = bytecode.IsCore ? null : FindKernelOffsets(host.KernelVersion, declaration.Reads);
        _session = BpfSession.Open(
            WithOffsets(_channel.Complete(declaration.Kernel, declaration.ScratchPerCpu), offsets?.Row),
            new SessionOptions { BtfPath = options.BtfFile, WithheldAlternatives = WithheldFeatureNames.Of(options.Without) });
        Plans = [.. declaration.Choices, .. offsets is null ? [] : new[] { Describe(offsets) }, .. _session.Plans];
        ReportPlans(bytecode.FileName);
        _session.Load();
        _channel.Open(_session, offsets?.Proof ?? KernelProof.All, host);
        _targets = declaration.Targets?.Invoke(_session);
    }

    /// <inheritdoc/>
    public int? Attach(Action<Exception> onTrackerFailed)
    {
        Session.Attach();
        return _targets?.Attach(onTrackerFailed);
    }

    /// <inheritdoc/>
    public void ReplaceFilters(CaptureOptions options) => Channel.ReplaceFilters(options);

    /// <inheritdoc/>
    public void Detach()
    {
        _targets?.Stop();
        _session?.Detach();
        _targets?.Finish();
    }

    /// <inheritdoc/>
    public KernelCounters ReadCounters() => Channel.ReadCounters() with { SkippedRuns = Session.CountSkippedRuns() };

    /// <inheritdoc/>
    public void Dispose()
    {
        Detach();
        _targets?.Dispose();
        _channel?.Dispose();
        _session?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The module's kernel side and targets, for one capture.</summary>
    private protected abstract ModuleDeclaration Declare(ModuleSetting setting);

    /// <summary>Told, before the load, which way was chosen for each job. Whoever overrides it says in its own words what is lost by that.</summary>
    private protected virtual void OnChosen(PlanOutcome plan)
    {
    }

    private static BpfDeclaration WithOffsets(BpfDeclaration declaration, KernelOffsetRow? row) => row is null
        ? declaration
        : declaration with { ConstantEditors = [.. declaration.ConstantEditors, new ConstantEditor("kernel", row.Value)] };

    /// <summary>Whose offsets are used, in the form of an attach plan.</summary>
    private static PlanOutcome Describe(ProvenOffsets offsets) => new(
        OffsetsPlan,
        offsets.Row?.Configuration,
        offsets.Shortcoming.Length == 0 ? [] : [new AttachRefusal(OffsetsPlan, "all fields", string.Empty, 0, offsets.Shortcoming, string.Empty)]);

    /// <summary>The offsets that hold in this kernel, for bytecode without CO-RE; a warning says what will be missing.</summary>
    private ProvenOffsets FindKernelOffsets(KernelVersion kernel, KernelProof needed)
    {
        ProvenOffsets found = KernelOffsetTrial.Find(kernel);
        if (found.Proof == KernelProof.None)
        {
            ModuleLog.KernelOffsetsUnknown(_logger, Name, found.Shortcoming);
        }
        else if (!found.Proof.HasFlag(needed))
        {
            ModuleLog.TrafficOffsetsUnknown(_logger, Name, found.Shortcoming);
        }

        return found;
    }

    private void ReportPlans(string bytecode)
    {
        foreach (PlanOutcome plan in Plans)
        {
            ModuleLog.PlanChosen(_logger, plan.Plan, plan.Chosen ?? "nothing", bytecode);
            foreach (AttachRefusal refusal in plan.Refusals)
            {
                ModuleLog.AlternativeRefused(_logger, plan.Plan, refusal.ToString());
            }

            OnChosen(plan);
        }
    }
}
