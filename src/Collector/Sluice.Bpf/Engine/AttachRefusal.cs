// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf.Engine;

/// <summary>Why a probe, or the alternative that needs it, is not used.</summary>
/// <param name="Plan">The job; empty for a probe outside a plan.</param>
/// <param name="Alternative">The way that was tried.</param>
/// <param name="Probe">The probe that was refused; empty when the alternative was withheld, or the load does not say which program.</param>
/// <param name="Errno">The Linux error number; 0 for none.</param>
/// <param name="Reason">One line: what the kernel, the verifier or libbpf said.</param>
/// <param name="Hint">What this kind of probe needs; empty for none.</param>
public sealed record AttachRefusal(string Plan, string Alternative, string Probe, int Errno, string Reason, string Hint)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Alternative}: {Reason}{(Hint.Length == 0 ? string.Empty : " " + Hint)}";

    internal static AttachRefusal From(string plan, string alternative, Probe? probe, BpfException refusal) => new(
        plan,
        alternative,
        probe?.Id ?? string.Empty,
        refusal.Errno,
        refusal.Summary.ReplaceLineEndings(" ").Trim(),
        probe?.Requirement ?? string.Empty);

    internal static AttachRefusal Withheld(string plan, string alternative) =>
        new(plan, alternative, string.Empty, 0, "withheld by the user", string.Empty);
}
