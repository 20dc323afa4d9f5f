// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Engine;

/// <summary>
/// Finds the alternative of each plan that this kernel accepts, by doing it: a trial object with the alternative's programs alone is loaded and
/// attached, and taken away again. Nothing less is sound: a kernel may refuse a program at the load (fentry without trampolines), at the attach
/// (fentry on aarch64 before 6.0) or because of one helper, and a program that is refused must not be in the object that is loaded for good.
/// </summary>
internal sealed class PlanChooser
{
    /// <summary>Hash tables of a trial are this small: what a program may do does not depend on it, and the kernel need not clear megabytes.</summary>
    private const uint TrialEntries = 1024;

    private readonly BpfDeclaration _declaration;
    private readonly SessionOptions _options;
    private readonly Dictionary<string, Probe> _probes;

    public PlanChooser(BpfDeclaration declaration, SessionOptions options)
    {
        _declaration = declaration;
        _options = options;
        _probes = declaration.Probes.ToDictionary(static probe => probe.Id, StringComparer.Ordinal);
    }

    /// <exception cref="BpfException">An edit failed: that is the module's fault and not the kernel's.</exception>
    public PlanOutcome Choose(AttachPlan plan)
    {
        List<AttachRefusal> refusals = [];
        foreach (AttachAlternative alternative in plan.Alternatives)
        {
            if (_options.WithheldAlternatives.Contains(alternative.Name))
            {
                refusals.Add(AttachRefusal.Withheld(plan.Name, alternative.Name));
            }
            else if ((plan.Alternatives.Count == 1 && !plan.IsOptional) || TryAlternative(plan, alternative, refusals))
            {
                // What has no alternative is not tried twice: a refusal is thrown by the step that meets it.
                return new PlanOutcome(plan.Name, alternative.Name, refusals);
            }
        }

        return new PlanOutcome(plan.Name, null, refusals);
    }

    public IReadOnlyList<Probe> ProbesOf(AttachAlternative alternative) =>
        [.. alternative.Probes.Select(id => _probes.TryGetValue(id, out Probe? probe)
            ? probe
            : throw new ArgumentException($"Module '{_declaration.Name}' activates the probe '{id}', which it does not declare."))];

    private bool TryAlternative(AttachPlan plan, AttachAlternative alternative, List<AttachRefusal> refusals)
    {
        IReadOnlyList<Probe> probes = ProbesOf(alternative);
        using BpfObject trial = _declaration.Open(_options);
        if (probes.FirstOrDefault(probe => !trial.HasProgram(probe.Program)) is { } missing)
        {
            // Builds for old kernels leave out what these could not run.
            refusals.Add(new AttachRefusal(plan.Name, alternative.Name, missing.Id, Errno.ENOENT, $"{_declaration.ObjectName} has no program '{missing.Program}'", string.Empty));
            return false;
        }

        if (plan.Programs.FirstOrDefault(program => !trial.HasProgram(program)) is { } lacking)
        {
            refusals.Add(new AttachRefusal(plan.Name, alternative.Name, lacking, Errno.ENOENT, $"{_declaration.ObjectName} has no program '{lacking}'", string.Empty));
            return false;
        }

        _declaration.Edit(trial, probes, plan.Programs);
        Shrink(trial);
        List<BpfLink> links = [];
        Probe? current = null;
        try
        {
            trial.Load();
            foreach (Probe probe in probes)
            {
                current = probe;
                TryProbe(trial, probe, links);
            }

            return true;
        }
        catch (BpfException refusal)
        {
            refusals.Add(AttachRefusal.From(plan.Name, alternative.Name, current ?? CulpritOf(refusal, probes), refusal));
            return false;
        }
        finally
        {
            BpfLink.DisposeAll(links);
        }
    }

    private static void TryProbe(BpfObject trial, Probe probe, List<BpfLink> links)
    {
        try
        {
            links.Add(probe.Attach(trial.Program(probe.Program)));
        }
        catch (BpfException) when (probe.IsOptional)
        {
            // The attach that counts will report it.
        }
    }

    /// <summary>The probe whose program the load stopped at; where that is not said, the first, whose kind is that of the others as a rule.</summary>
    private static Probe? CulpritOf(BpfException refusal, IReadOnlyList<Probe> probes) =>
        probes.FirstOrDefault(probe => refusal.Message.Contains($"'{probe.Program}'", StringComparison.Ordinal)) ?? probes.FirstOrDefault();

    private static void Shrink(BpfObject trial)
    {
        foreach (string name in trial.MapNames)
        {
            BpfMap map = trial.Map(name);
            if (map.Type is BpfMapType.Hash or BpfMapType.LruHash or BpfMapType.PerCpuHash or BpfMapType.LruPerCpuHash && map.MaxEntries > TrialEntries)
            {
                map.MaxEntries = TrialEntries;
            }
        }
    }
}
