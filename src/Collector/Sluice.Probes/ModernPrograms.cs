// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Engine;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes;

/// <summary>Whether the modern flavour of an object's programs runs here, else the plain one.</summary>
internal static class ModernPrograms
{
    private const string Modern = "modern-programs";
    private const string Plain = "plain-programs";

    /// <summary>Asks the kernel, unless the object or the user leaves no choice.</summary>
    public static FeatureProbe Try(WithheldFeatures without, BytecodeChoice bytecode) =>
        bytecode.IsLess52 ? new FeatureProbe(false, $"{bytecode.FileName} does not have them")
        : without.HasFlag(WithheldFeatures.ModernPrograms) ? new FeatureProbe(false, "withheld by the user")
        : KernelFeatures.TryModernPrograms();

    /// <summary>The flavour that such an answer means.</summary>
    public static ProgramFlavour FlavourOf(FeatureProbe modern) => modern.IsAvailable ? ProgramFlavour.Modern : ProgramFlavour.Plain;

    /// <summary>The same for people, in the form of an attach plan.</summary>
    public static PlanOutcome Describe(FeatureProbe modern) => Describe("programs", Modern, Plain, modern);

    /// <summary>A choice between two ways by a feature of the kernel, in the form of an attach plan.</summary>
    public static PlanOutcome Describe(string plan, string better, string other, FeatureProbe probe) => probe.IsAvailable
        ? new PlanOutcome(plan, better, [])
        : new PlanOutcome(plan, other, [new AttachRefusal(plan, better, string.Empty, 0, probe.Detail, string.Empty)]);
}
