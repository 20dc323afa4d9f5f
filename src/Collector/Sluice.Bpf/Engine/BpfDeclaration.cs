// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Bpf.Engine;

/// <summary>
/// All that a capture module says of its kernel side: its object, what is edited before the load, where its programs may be attached and which of
/// those places are wanted. <see cref="BpfSession"/> does the rest.
/// </summary>
public sealed record BpfDeclaration
{
    /// <summary>The module, for messages, such as <c>connections</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The object's file name, for messages and for the kernel's names of its data sections.</summary>
    public required string ObjectName { get; init; }

    /// <summary>The object file.</summary>
    public required ReadOnlyMemory<byte> Bytecode { get; init; }

    /// <summary>Every place where a program of the object may be attached. Those that no plan names are only known, not loaded.</summary>
    public IReadOnlyList<Probe> Probes { get; init; } = [];

    /// <summary>Maps that are to be other than the object says.</summary>
    public IReadOnlyList<MapEdit> Maps { get; init; } = [];

    /// <summary>Constants that are to be other than the object says.</summary>
    public IReadOnlyList<ConstantEditor> ConstantEditors { get; init; } = [];

    /// <summary>What is to be attached, job by job, in this order.</summary>
    public IReadOnlyList<AttachPlan> ActivatedProbes { get; init; } = [];

    /// <summary>Programs that are loaded besides those of the chosen probes: for targets that are found later (<see cref="BpfSession.Attach(Probe)"/>) and for test runs.</summary>
    public IReadOnlyList<string> Programs { get; init; } = [];

    /// <summary>
    /// Programs that do the same at the same place, by their functions' names, so that one makes up for the runs of another that the kernel left out. Those that
    /// the object lacks or that are not loaded do not count.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<string>> Copies { get; init; } = [];

    /// <summary>Those of <see cref="Programs"/> that are for multi-uprobe links.</summary>
    public IReadOnlyList<string> UprobeMultiPrograms { get; init; } = [];
}
