// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>A kernel function's entry (fentry) or return (fexit), as the program's section says, through a BPF trampoline (Linux 5.5).</summary>
/// <param name="Program">A program of section <c>fentry/FUNCTION</c> or <c>fexit/FUNCTION</c>.</param>
/// <param name="Function">In place of the section's function; null to keep that.</param>
public sealed record FentryProbe(string Program, string? Function = null) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => "fentry " + (Function ?? Program);

    internal override string Requirement =>
        "Fentry and fexit need BTF of the kernel and BPF trampolines (CONFIG_FUNCTION_TRACER with direct calls; x86_64: Linux 5.5, aarch64: Linux 6.0).";

    internal override void Prepare(BpfProgram program)
    {
        if (Function is { } function && function != TargetOfSection(program))
        {
            program.SetAttachTarget(function);
        }
    }

    internal override BpfLink Attach(BpfProgram program) => program.AttachTrace();
}
