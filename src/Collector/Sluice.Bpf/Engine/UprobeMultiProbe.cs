// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;

namespace Sluice.Bpf.Engine;

/// <summary>Many functions of one file by one link (Linux 6.6).</summary>
/// <param name="Program">A program of section <c>uprobe</c>; the load makes it one for multi-uprobes, and for nothing else.</param>
/// <param name="Target">The file, the offsets and their cookies.</param>
public sealed record UprobeMultiProbe(string Program, UprobeMultiTarget Target) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => string.Create(
        CultureInfo.InvariantCulture, $"{(Target.IsReturn ? "multi-uretprobe" : "multi-uprobe")} {Target.Path} ({Target.Offsets.Count} places)");

    internal override string Requirement => "Multi-uprobe links need Linux 6.6.";

    internal override void Prepare(BpfProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        program.UseUprobeMulti();
    }

    internal override BpfLink Attach(BpfProgram program) => program.AttachUprobeMulti(Target);
}
