// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>A tracepoint whose arguments the program gets with their types (Linux 5.5; needs BTF of the kernel, but no tracefs).</summary>
/// <param name="Program">A program of section <c>tp_btf/NAME</c>.</param>
/// <param name="Name">In place of the section's tracepoint; null to keep that.</param>
public sealed record BtfTracepointProbe(string Program, string? Name = null) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => "tp_btf " + (Name ?? Program);

    internal override string Requirement => "tp_btf programs need BTF of the kernel (CONFIG_DEBUG_INFO_BTF) and Linux 5.5.";

    internal override void Prepare(BpfProgram program)
    {
        if (Name is { } name && name != TargetOfSection(program))
        {
            program.SetAttachTarget(name);
        }
    }

    internal override BpfLink Attach(BpfProgram program) => program.AttachTrace();
}
