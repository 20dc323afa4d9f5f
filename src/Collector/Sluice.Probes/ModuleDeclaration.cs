// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Engine;
using Sluice.Probes.Offsets;

namespace Sluice.Probes;

/// <summary>All that distinguishes one capture module from the others.</summary>
/// <param name="Kernel">Its programs and maps, without what every module has (<see cref="ModuleChannel"/>).</param>
internal sealed record ModuleDeclaration(BpfDeclaration Kernel)
{
    /// <summary>Buffers of each CPU in which samples with a payload are put together; 0 for programs that send nothing but heads.</summary>
    public uint ScratchPerCpu { get; init; }

    /// <summary>What its events say of the kernel's structures: bytecode without CO-RE leaves out of it what could not be proven.</summary>
    public KernelProof Reads { get; init; } = KernelProof.Sockets;

    /// <summary>What was chosen besides the plans of <see cref="Kernel"/>, and why nothing better was.</summary>
    public IReadOnlyList<PlanOutcome> Choices { get; init; } = [];

    /// <summary>Makes what it follows while it runs; called when the session is loaded. Null, or gives null, when the kernel is all.</summary>
    public Func<BpfSession, ModuleTargets?>? Targets { get; init; }
}
