// SPDX-License-Identifier: Apache-2.0
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
    private const string Multi = "uprobe-multi";
    private const string Single = "uprobe";

    public static ProgramChoice Make(WithheldFeatures without, BytecodeChoice bytecode)
    {
        FeatureProbe modern = ModernPrograms.Try(without, bytecode);
        FeatureProbe multi = !modern.IsAvailable ? new FeatureProbe(false, "only the modern programs can tell the functions of one link apart")
            : without.HasFlag(WithheldFeatures.UprobeMulti) ? new FeatureProbe(false, "withheld by the user")
            : KernelFeatures.TryUprobeMulti();
        var programs = new OpenSslPrograms(ModernPrograms.FlavourOf(modern), multi.IsAvailable);
        return new ProgramChoice(programs, [ModernPrograms.Describe(modern), ModernPrograms.Describe("library probes", Multi, Single, multi)]);
    }
}
