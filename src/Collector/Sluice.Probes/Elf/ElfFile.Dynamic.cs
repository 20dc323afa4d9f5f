// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using static Sluice.Probes.Elf.ElfFormat;

namespace Sluice.Probes.Elf;

/// <content>The dynamic section: names, needed libraries, and where the loader's symbol table lies; and the build id.</content>
public sealed partial class ElfFile
{
    // Real files have some 30 entries, and one for each needed library; node has 37.
    private const int MaxDynamicEntries = 4096;

    private const int MaxNoteBytes = 65536;
    private const int MaxBuildIdBytes = 64;

    private readonly List<string> _needed = [];
    private ulong _dynamicStrings;
    private ulong _dynamicStringsSize;
    private ulong _dynamicSymbols;
    private ulong _gnuHash;
    private ulong _sysvHash;

    /// <summary><c>DT_SONAME</c>; null when there is none.</summary>
    public string? SoName { get; private set; }

    /// <summary><c>DT_NEEDED</c>: the libraries that the loader loads with this file, in order.</summary>
    public IReadOnlyList<string> Needed => _needed;

    /// <summary>The GNU build id in lower-case hexadecimal; null when there is none. Reads the file.</summary>
    public string? ReadBuildId()
    {
        foreach (ElfSegment segment in _segments)
        {
            if (segment.Type == PT_NOTE && FindBuildId(segment) is { } buildId)
            {
                return buildId;
            }
        }

        return null;
    }

    private void ReadDynamic()
    {
        int index = _segments.FindIndex(static segment => segment.Type == PT_DYNAMIC);
        if (index < 0)
        {
            return;
        }

        List<(long Tag, ulong Value)> entries = ReadDynamicEntries(_segments[index]);
        foreach ((long tag, ulong value) in entries)
        {
            switch (tag)
            {
                case DT_STRTAB: _dynamicStrings = OffsetOf(value, "dynamic string table"); break;
                case DT_STRSZ: _dynamicStringsSize = value; break;
                case DT_SYMTAB: _dynamicSymbols = OffsetOf(value, "dynamic symbol table"); break;
                case DT_GNU_HASH: _gnuHash = OffsetOf(value, "GNU hash table"); break;
                case DT_HASH: _sysvHash = OffsetOf(value, "hash table"); break;
                case DT_SYMENT when value != SymSize: throw Bad($"has symbols of {value} bytes instead of {SymSize}");
                default: break;
            }
        }

        // The names come after the place of the string table, which may stand behind them.
        foreach ((long tag, ulong value) in entries)
        {
            if (tag == DT_NEEDED)
            {
                _needed.Add(ReadDynamicString(value));
            }
            else if (tag == DT_SONAME)
            {
                SoName = ReadDynamicString(value);
            }
        }
    }

    private List<(long Tag, ulong Value)> ReadDynamicEntries(ElfSegment segment)
    {
        var entries = new List<(long Tag, ulong Value)>();
        ulong count = segment.FileSize / DynSize;
        for (ulong i = 0; i < count; i++)
        {
            if (i == MaxDynamicEntries)
            {
                throw Bad($"has more than {MaxDynamicEntries} dynamic entries");
            }

            ReadOnlySpan<byte> entry = Read(Add(segment.FileOffset, i * DynSize), DynSize, "dynamic section");
            long tag = BinaryPrimitives.ReadInt64LittleEndian(entry);
            if (tag == DT_NULL)
            {
                break;
            }

            entries.Add((tag, BinaryPrimitives.ReadUInt64LittleEndian(entry[8..])));
        }

        return entries;
    }

    private ulong OffsetOf(ulong address, string what) =>
        TryGetFileOffset(address, out ulong offset) ? offset : throw Bad($"has its {what} outside of the file");

    private string ReadDynamicString(ulong index)
    {
        if (_dynamicStrings == 0 || index >= _dynamicStringsSize)
        {
            throw Bad("names a library outside of its dynamic string table");
        }

        ReadOnlySpan<byte> text = ReadUpTo(Add(_dynamicStrings, index), MaxStringBytes, "dynamic string table");
        int end = text.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(text[..end]) : throw Bad("has a library name without an end");
    }

    private string? FindBuildId(ElfSegment segment)
    {
        ulong alignment = segment.Alignment == 8 ? 8UL : 4UL;
        ulong position = 0;
        ulong size = Math.Min(segment.FileSize, MaxNoteBytes);
        while (size >= NhdrSize && position <= size - NhdrSize)
        {
            // name size, description size, type; then "GNU\0" and the id. Each note takes at least its header, so this ends.
            ReadOnlySpan<byte> note = Read(Add(segment.FileOffset, position), NhdrSize, "notes");
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(note);
            uint descriptionSize = BinaryPrimitives.ReadUInt32LittleEndian(note[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(note[8..]);
            ulong name = Add(segment.FileOffset, position + NhdrSize);
            ulong description = position + Align(NhdrSize + (ulong)nameSize, alignment);
            if (type == NT_GNU_BUILD_ID && nameSize == 4 && descriptionSize is > 0 and <= MaxBuildIdBytes
                && Read(name, 4, "notes").SequenceEqual("GNU\0"u8))
            {
                return Convert.ToHexStringLower(Read(Add(segment.FileOffset, description), (int)descriptionSize, "build id"));
            }

            position = description + Align(descriptionSize, alignment);
        }

        return null;
    }

    private static ulong Align(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);
}
