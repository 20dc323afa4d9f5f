// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf.Engine;

/// <summary>One attach point of a module: which program, and where. What derives from this says the kind.</summary>
/// <param name="Program">The C function's name. Several probes may share a program.</param>
public abstract record Probe(string Program)
{
    private readonly string? _id;

    /// <summary>By this name <see cref="BpfDeclaration.ActivatedProbes"/> refers to the probe; the program's name unless set.</summary>
    public string Id
    {
        get => _id ?? Program;
        init => _id = value;
    }

    /// <summary>Whether the module can do without: a refusal is then reported and not thrown (the target lacks the symbol). A program that does not load fails all the same.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The kind and the place, for people, such as <c>kprobe tcp_connect</c>.</summary>
    public abstract string Place { get; }

    /// <summary>What this kind of probe needs, for whoever reads why it was refused.</summary>
    internal abstract string Requirement { get; }

    /// <summary>Attaches; the caller owns the link.</summary>
    internal abstract BpfLink Attach(BpfProgram program);

    /// <summary>Edits the program before the load, where the kernel wants to know the place then.</summary>
    internal virtual void Prepare(BpfProgram program)
    {
    }

    /// <summary>The name of the function or tracepoint behind the slash of a section name; null when there is none.</summary>
    private protected static string? TargetOfSection(BpfProgram program)
    {
        int slash = program.SectionName.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? null : program.SectionName[(slash + 1)..];
    }
}
