// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>The packets of a network interface by a filter of its clsact queueing discipline (Linux 4.5): the way before tcx.</summary>
/// <param name="Program">A program of section <c>tc</c>.</param>
/// <param name="Interface">Such as <c>eth0</c>, in this process's network namespace.</param>
/// <param name="Direction">Which packets.</param>
public sealed record ClsactProbe(string Program, string Interface, PacketDirection Direction) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => $"clsact {Interface} {Direction}";

    internal override string Requirement => "Clsact needs CONFIG_NET_CLS_ACT, CONFIG_NET_CLS_BPF, CONFIG_NET_SCH_INGRESS and CAP_NET_ADMIN.";

    internal override BpfLink Attach(BpfProgram program) => program.AttachClsact(Interface, Direction);
}
