// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Sluice.Probes.Tests.Programs;

/// <summary>What a compiled BPF object holds, read without libbpf: a second opinion on what the compiler made.</summary>
internal sealed class BpfElf
{
    private const uint ProgramBits = 1, SymbolTable = 2, Relocations = 9;
    private const ulong Executable = 4;
    private const int Function = 2, SectionSymbol = 3;

    private readonly byte[] _file;
    private readonly List<Section> _sections = [];
    private readonly List<Symbol> _symbols = [];

    public BpfElf(byte[] file)
    {
        _file = file;
        ReadSections();
        ReadSymbols();
        Functions = [.. _symbols.Where(symbol => symbol.Type == Function).Select(ReadFunction)];
        MapTypes = BtfMaps.Read(Bytes(_sections.Single(section => section.Name == ".BTF")));
    }

    /// <summary>Names of all sections that are not empty.</summary>
    public IEnumerable<string> SectionNames => _sections.Where(section => section.Size > 0).Select(section => section.Name);

    public IReadOnlyList<BpfFunction> Functions { get; }

    /// <summary>The kernel's number of each map's type.</summary>
    public IReadOnlyDictionary<string, int> MapTypes { get; }

    /// <summary>The instructions of every section that holds some, by the section's name.</summary>
    public IEnumerable<(string Section, byte[] Instructions)> Code =>
        _sections.Where(section => section is { Type: ProgramBits, Size: > 0 } && (section.Flags & Executable) != 0).Select(section => (section.Name, Bytes(section).ToArray()));

    /// <summary>A program and every function that it calls, directly or not.</summary>
    public IEnumerable<BpfFunction> ReachedFrom(string program)
    {
        HashSet<string> reached = [program];
        Queue<string> open = new([program]);
        while (open.TryDequeue(out string? name))
        {
            BpfFunction function = Functions.Single(candidate => candidate.Name == name);
            yield return function;
            foreach (string called in function.Called.Where(reached.Add))
            {
                open.Enqueue(called);
            }
        }
    }

    private ReadOnlySpan<byte> Bytes(Section section) => _file.AsSpan(section.Offset, section.Size);

    private void ReadSections()
    {
        ReadOnlySpan<byte> file = _file;
        int table = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[40..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(file[60..]), names = BinaryPrimitives.ReadUInt16LittleEndian(file[62..]);
        int namesAt = (int)BinaryPrimitives.ReadUInt64LittleEndian(file[(table + 64 * names + 24)..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = file.Slice(table + 64 * i, 64);
            _sections.Add(new Section(
                Text(namesAt + (int)BinaryPrimitives.ReadUInt32LittleEndian(header)),
                BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                (int)BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
                (int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                (int)BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                (int)BinaryPrimitives.ReadUInt32LittleEndian(header[44..])));
        }
    }

    private void ReadSymbols()
    {
        Section table = _sections.Single(section => section.Type == SymbolTable);
        int namesAt = _sections[table.Link].Offset;
        for (int at = 0; at < table.Size; at += 24)
        {
            ReadOnlySpan<byte> entry = Bytes(table).Slice(at, 24);
            _symbols.Add(new Symbol(
                Text(namesAt + (int)BinaryPrimitives.ReadUInt32LittleEndian(entry)),
                entry[4] & 15,
                BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]),
                (int)BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]),
                (int)BinaryPrimitives.ReadUInt64LittleEndian(entry[16..])));
        }
    }

    private BpfFunction ReadFunction(Symbol symbol)
    {
        ReadOnlySpan<byte> bytes = Bytes(_sections[symbol.Section]).Slice(symbol.Value, symbol.Size);
        List<BpfInstruction> instructions = [];
        List<string> called = [];
        for (int at = 0; at < bytes.Length; at += BpfInstruction.Size)
        {
            BpfInstruction instruction = BpfInstruction.Read(bytes[at..]);
            instructions.Add(instruction);
            if (instruction.IsLocalCall)
            {
                called.Add(FindCalled(symbol.Section, symbol.Value + at, instruction));
            }
        }

        return new BpfFunction(symbol.Name, instructions, called);
    }

    /// <summary>Inside one section the distance is in the instruction; a relocation names functions of other sections.</summary>
    private string FindCalled(int section, int at, BpfInstruction call)
    {
        int targetSection = section, target = at + (call.Immediate + 1) * BpfInstruction.Size;
        foreach (Section table in _sections.Where(candidate => candidate.Type == Relocations && candidate.Info == section))
        {
            for (int entry = 0; entry < table.Size; entry += 16)
            {
                ReadOnlySpan<byte> relocation = Bytes(table)[entry..];
                if ((int)BinaryPrimitives.ReadUInt64LittleEndian(relocation) == at)
                {
                    Symbol symbol = _symbols[(int)BinaryPrimitives.ReadUInt32LittleEndian(relocation[12..])];
                    targetSection = symbol.Section;
                    target = symbol.Type == SectionSymbol ? (call.Immediate + 1) * BpfInstruction.Size : symbol.Value;
                }
            }
        }

        return _symbols.Single(symbol => symbol.Type == Function && symbol.Section == targetSection && symbol.Value == target).Name;
    }

    private string Text(int at) => Encoding.ASCII.GetString(_file, at, Array.IndexOf(_file, (byte)0, at) - at);

    private readonly record struct Section(string Name, uint Type, ulong Flags, int Offset, int Size, int Link, int Info);

    private readonly record struct Symbol(string Name, int Type, int Section, int Value, int Size);
}
