// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Sluice.Bpf.Engine;

/// <summary>A kernel function's entry or return (Linux 4.17).</summary>
/// <param name="Program">A program of section <c>kprobe</c> or <c>kretprobe</c>.</param>
/// <param name="Function">Its symbol, as /proc/kallsyms has it.</param>
public sealed record KprobeProbe(string Program, string Function) : Probe(Program)
{
    /// <summary>Fires when the function returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>Bytes behind the function's start.</summary>
    public ulong Offset { get; init; }

    /// <summary>What bpf_get_attach_cookie() gives in the program (Linux 5.15); 0 asks for no cookie.</summary>
    public ulong Cookie { get; init; }

    /// <inheritdoc/>
    public override string Place => string.Create(
        CultureInfo.InvariantCulture, $"{(IsReturn ? "kretprobe" : "kprobe")} {Function}{(Offset == 0 ? string.Empty : $"+0x{Offset:x}")}");

    internal override string Requirement => "Kprobes need CONFIG_KPROBE_EVENTS, and a function that is neither inlined nor blacklisted.";

    internal override BpfLink Attach(BpfProgram program) => program.AttachKprobe(Function, IsReturn, Offset, Cookie);
}
