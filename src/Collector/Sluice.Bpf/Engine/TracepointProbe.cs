// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>A tracepoint by its stable record (Linux 4.7; needs tracefs to be mounted).</summary>
/// <param name="Program">A program of section <c>tracepoint</c> or <c>tp</c>.</param>
/// <param name="Category">Such as <c>sock</c>.</param>
/// <param name="Name">Such as <c>inet_sock_set_state</c>.</param>
public sealed record TracepointProbe(string Program, string Category, string Name) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => $"tracepoint {Category}:{Name}";

    internal override string Requirement => "Tracepoints need tracefs (mount -t tracefs tracefs /sys/kernel/tracing) and a kernel that has the tracepoint.";

    internal override BpfLink Attach(BpfProgram program) => program.AttachTracepoint(Category, Name);
}
