// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes.OpenSsl;

/// <summary>Which programs a kernel gets and how they are attached to a library, with the reasons against what is better.</summary>
/// <param name="Programs">The chosen ones.</param>
/// <param name="Outcomes">The same for people, in the form of attach plans.</param>
internal sealed record ProgramChoice(OpenSslPrograms Programs, IReadOnlyList<PlanOutcome> Outcomes)
{
    private const string Modern = "modern-programs";
    private const string Plain = "plain-programs";
    private const string Multi = "uprobe-multi";
    private const string Single = "uprobe";

    public static ProgramChoice Make(WithheldFeatures without, BytecodeChoice bytecode)
    {
        FeatureProbe modern = bytecode.IsLess52
            ? new FeatureProbe(false, $"{bytecode.FileName} does not have them")
            : Unless(without.HasFlag(WithheldFeatures.ModernPrograms), KernelFeatures.TryModernPrograms);
        FeatureProbe multi = modern.IsAvailable
            ? Unless(without.HasFlag(WithheldFeatures.UprobeMulti), KernelFeatures.TryUprobeMulti)
            : new FeatureProbe(false, "only the modern programs can tell the functions of one link apart");
        var programs = new OpenSslPrograms(modern.IsAvailable ? ProgramFlavour.Modern : ProgramFlavour.Plain, multi.IsAvailable);
        return new ProgramChoice(programs, [Outcome("programs", Modern, Plain, modern), Outcome("library probes", Multi, Single, multi)]);
    }

    private static FeatureProbe Unless(bool isWithheld, Func<FeatureProbe> trial) =>
        isWithheld ? new FeatureProbe(false, "withheld by the user") : trial();

    private static PlanOutcome Outcome(string plan, string better, string other, FeatureProbe probe) => probe.IsAvailable
        ? new PlanOutcome(plan, better, [])
        : new PlanOutcome(plan, other, [new AttachRefusal(plan, better, string.Empty, 0, probe.Detail, string.Empty)]);
}
