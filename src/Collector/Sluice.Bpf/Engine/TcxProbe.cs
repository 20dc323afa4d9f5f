// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf.Engine;

/// <summary>The packets of a network interface by a tcx link (Linux 6.6).</summary>
/// <param name="Program">A program of section <c>tc</c>.</param>
/// <param name="Interface">Such as <c>eth0</c>, in this process's network namespace.</param>
/// <param name="Direction">Which packets.</param>
public sealed record TcxProbe(string Program, string Interface, PacketDirection Direction) : Probe(Program)
{
    /// <inheritdoc/>
    public override string Place => $"tcx {Interface} {Direction}";

    internal override string Requirement => "Tcx links need Linux 6.6 and CAP_NET_ADMIN.";

    internal override BpfLink Attach(BpfProgram program) => program.AttachTcx(Interface, Direction);
}
