// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>A tracepoint whose arguments the program gets as they are (Linux 4.17; needs neither BTF nor tracefs).</summary>
/// <param name="Program">A program of section <c>raw_tp</c>.</param>
/// <param name="Name">Such as <c>inet_sock_set_state</c>.</param>
public sealed record RawTracepointProbe(string Program, string Name) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => "raw_tp " + Name;

    internal override string Requirement => "Raw tracepoints need Linux 4.17 and a kernel that has the tracepoint.";

    internal override BpfLink Attach(BpfProgram program) => program.AttachRawTracepoint(Name);
}
