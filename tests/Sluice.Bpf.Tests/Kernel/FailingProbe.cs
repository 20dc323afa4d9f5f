// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Engine;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>A probe that the kernel refuses when it is to be attached.</summary>
internal sealed record FailingProbe(string Program) : Probe(Program)
{
    public const string Reason = "refused by the test";

    public override string Place => "nowhere";

    internal override string Requirement => "It needs another test.";

    internal override BpfLink Attach(BpfProgram program) => throw new BpfException("attach", 22, Reason);
}
