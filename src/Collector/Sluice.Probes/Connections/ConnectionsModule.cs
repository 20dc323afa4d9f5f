// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes.Connections;

/// <summary>Reports every TCP connection's start and end, with its process and its bytes: module <c>connections</c>.</summary>
/// <remarks>Connections that were there before are reported at their end only.</remarks>
public sealed class ConnectionsModule : ICaptureModule
{
    private readonly ILogger _logger;
    private ModuleChannel? _channel;
    private BpfSession? _session;

    /// <param name="logger">Told how connections are followed on this kernel.</param>
    public ConnectionsModule(ILogger logger) => _logger = logger;

    /// <inheritdoc/>
    public string Name => "connections";

    /// <inheritdoc/>
    public CaptureTransport Transport => _channel?.Transport ?? CaptureTransport.Auto;

    /// <inheritdoc/>
    public IReadOnlyList<BpfMap> RingShards => Loaded.RingShards;

    /// <inheritdoc/>
    public BpfMap? PerfEvents => Loaded.PerfEvents;

    /// <inheritdoc/>
    public MappedMemory? Control => Loaded.Control;

    /// <inheritdoc/>
    public BytecodeChoice? Bytecode { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<PlanOutcome> Plans => _session?.Plans ?? [];

    private ModuleChannel Loaded => _channel ?? throw new InvalidOperationException("The module is not loaded.");

    /// <inheritdoc/>
    public void Load(CaptureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        BytecodeChoice bytecode = ModuleBytecode.Choose(ConnectionsDeclaration.BaseName, options, HostEnvironment.Read());
        Bytecode = bytecode;
        _channel = new ModuleChannel(options, hasRings: !bytecode.IsLess52);
        BpfDeclaration declaration = ConnectionsDeclaration.For(bytecode, ChooseFlavour(bytecode, options), Probes.Bytecode.Read(bytecode.FileName));

        // Connection events have no payload: a program's own stack holds them.
        _session = BpfSession.Open(
            _channel.Complete(declaration, scratchPerCpu: 0),
            new SessionOptions { BtfPath = options.BtfFile, WithheldAlternatives = WithheldFeatureNames.Of(options.Without) });
        _session.Load();
        _channel.Open(_session);
    }

    /// <inheritdoc/>
    public int? Attach(Action<Exception> onTrackerFailed)
    {
        BpfSession session = _session ?? throw new InvalidOperationException("The module is not loaded.");
        session.Attach();
        foreach (PlanOutcome plan in session.Plans)
        {
            ConnectionsLog.Following(_logger, plan.Plan, plan.Chosen, Bytecode!.FileName);
            foreach (AttachRefusal refusal in plan.Refusals)
            {
                ConnectionsLog.Refused(_logger, plan.Plan, refusal.ToString());
            }
        }

        return null;
    }

    /// <summary>A connection whose start was seen stays with the filters of then.</summary>
    public void ReplaceFilters(CaptureOptions options) => Loaded.ReplaceFilters(options);

    /// <inheritdoc/>
    public void Detach() => _session?.Detach();

    /// <inheritdoc/>
    public KernelCounters ReadCounters() => Loaded.ReadCounters();

    /// <inheritdoc/>
    public void Dispose()
    {
        _session?.Detach();
        _channel?.Dispose();
        _session?.Dispose();
    }

    private static ProgramFlavour ChooseFlavour(BytecodeChoice bytecode, CaptureOptions options) =>
        bytecode.IsLess52 || options.Without.HasFlag(WithheldFeatures.ModernPrograms) || !KernelFeatures.TryModernPrograms().IsAvailable
            ? ProgramFlavour.Plain
            : ProgramFlavour.Modern;
}
