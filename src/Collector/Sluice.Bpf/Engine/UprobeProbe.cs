// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace Sluice.Bpf.Engine;

/// <summary>A user-space function's entry or return, by symbol, by virtual address or by offset in the file (Linux 4.17).</summary>
/// <param name="Program">A program of section <c>uprobe</c>.</param>
/// <param name="Path">The binary, best absolute; /proc/PID/root/… reaches a container's file.</param>
public sealed record UprobeProbe(string Program, string Path) : Probe(Program)
{
    /// <summary>A function of the file's symbol tables; when it is set, <see cref="Offset"/> counts from its start.</summary>
    public string? Symbol { get; init; }

    /// <summary>A virtual address as the file's tables have it (not relocated); used when there is no <see cref="Symbol"/>, and <see cref="Offset"/> counts from it.</summary>
    public ulong? Address { get; init; }

    /// <summary>Bytes behind the symbol or address; without both, the instruction's offset in the file.</summary>
    public ulong Offset { get; init; }

    /// <summary>Fires when the function returns.</summary>
    public bool IsReturn { get; init; }

    /// <summary>One process; <see cref="UprobeTarget.AllProcesses"/> for all, now or later.</summary>
    public int Pid { get; init; } = UprobeTarget.AllProcesses;

    /// <summary>What bpf_get_attach_cookie() gives in the program (Linux 5.15); 0 asks for no cookie.</summary>
    public ulong Cookie { get; init; }

    /// <inheritdoc/>
    public override string Place => string.Create(
        CultureInfo.InvariantCulture, $"{(IsReturn ? "uretprobe" : "uprobe")} {Path}:{Symbol ?? (Address is { } address ? $"0x{address:x}" : string.Empty)}+0x{Offset:x}");

    internal override string Requirement => "Uprobes need CONFIG_UPROBE_EVENTS (Linux 4.17), cookies Linux 5.15.";

    internal override BpfLink Attach(BpfProgram program)
    {
        ulong offset = Offset;
        if (Symbol is { } symbol)
        {
            offset += ElfSymbols.FindFunctionOffset(Path, symbol);
        }
        else if (Address is { } address)
        {
            offset += ElfSymbols.FileOffsetOf(Path, address);
        }

        return program.AttachUprobe(new UprobeTarget(Path, offset, IsReturn, Pid, Cookie));
    }
}
