// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Numerics;
using System.Text;
using static Sluice.Probes.Elf.ElfFormat;

namespace Sluice.Probes.Elf;

/// <content>Symbol lookup: by hash as the dynamic loader does it, and by reading a symbol table through.</content>
public sealed partial class ElfFile
{
    // Chains of real hash tables have a handful of entries. One that is longer than this was made to keep us busy.
    private const int MaxChainSteps = 65536;

    private const int MaxNameBytes = 256;

    // Section tables are looked at once per file; ELF itself allows 65279 sections without the extended count, which only object files need.
    private const int MaxSections = 0xff00;

    // Bytes of a table that are read through at most: several times the largest real one, and not the size of a sparse file.
    private const ulong MaxTableBytes = 1UL << 30;

    // A multiple of the symbol size, so that no symbol is cut.
    private const int ChunkBytes = SymSize * 4096;

    /// <summary>
    /// Looks up a function that other files can link to. Costs a few small reads whatever the size of the file; needs no section headers.
    /// </summary>
    /// <exception cref="ElfException">The hash table is cut off or hostile.</exception>
    public bool TryFindDynamicSymbol(string name, out ElfSymbol symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        symbol = default;
        if (_dynamicSymbols == 0 || _dynamicStrings == 0)
        {
            return false;
        }

        Span<byte> nameBytes = stackalloc byte[MaxNameBytes + 1];
        int length = Encoding.UTF8.GetBytes(name, nameBytes[..MaxNameBytes]);
        nameBytes[length] = 0;
        ReadOnlySpan<byte> terminated = nameBytes[..(length + 1)];
        return _gnuHash != 0 ? TryFindByGnuHash(name, terminated, out symbol)
            : _sysvHash != 0 && TryFindBySysvHash(name, terminated, out symbol);
    }

    /// <summary>
    /// Reads the symbol table for debuggers (<c>.symtab</c>, else <c>.dynsym</c>) through, for files whose functions are not exported.
    /// Costs a pass over the table's names and, when the first name is among them, one over the symbols.
    /// </summary>
    /// <param name="names">Names to find. When the first is not there, none is looked for.</param>
    /// <returns>The defined functions among them; empty without section headers.</returns>
    /// <exception cref="ElfException">The section headers or tables are cut off or contradictory.</exception>
    public IReadOnlyDictionary<string, ElfSymbol> FindStaticSymbols(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        var found = new Dictionary<string, ElfSymbol>(StringComparer.Ordinal);
        ElfSection[] sections = ReadSections();
        int table = Array.FindIndex(sections, static section => section.Type == SHT_SYMTAB);
        if (table < 0)
        {
            table = Array.FindIndex(sections, static section => section.Type == SHT_DYNSYM);
        }

        if (table < 0 || names.Count == 0)
        {
            return found;
        }

        ElfSection symbols = sections[table];
        if (symbols.Link >= (uint)sections.Length || symbols.EntrySize != SymSize)
        {
            throw Bad("has a symbol table without names");
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes + MaxNameBytes);
        try
        {
            Dictionary<uint, string> wanted = FindNames(sections[(int)symbols.Link], names, buffer);
            if (wanted.Count > 0)
            {
                CollectSymbols(symbols, wanted, found, buffer);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return found;
    }

    private bool TryFindByGnuHash(string name, ReadOnlySpan<byte> terminated, out ElfSymbol symbol)
    {
        symbol = default;
        ReadOnlySpan<byte> header = Read(_gnuHash, 16, "GNU hash table");
        uint bucketCount = BinaryPrimitives.ReadUInt32LittleEndian(header);
        uint firstSymbol = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        uint bloomWords = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        int bloomShift = (int)(BinaryPrimitives.ReadUInt32LittleEndian(header[12..]) & 31);
        if (bucketCount == 0 || !BitOperations.IsPow2(bloomWords))
        {
            // ld writes an empty table like this for a file that exports nothing.
            return bucketCount == 0 ? false : throw Bad("has a broken GNU hash table");
        }

        uint hash = GnuHash(terminated[..^1]);
        ulong bloom = Add(_gnuHash, 16);
        ulong word = ReadUInt64(bloom + ((hash / 64 & (bloomWords - 1)) * 8UL), "GNU hash table");
        if ((word >> (int)(hash & 63) & word >> (int)(hash >> bloomShift & 63) & 1) == 0)
        {
            return false;
        }

        ulong buckets = bloom + (bloomWords * 8UL);
        ulong chains = buckets + (bucketCount * 4UL);
        uint index = ReadUInt32(buckets + (hash % bucketCount * 4UL), "GNU hash table");
        for (int step = 0; index >= firstSymbol && step < MaxChainSteps; step++, index++)
        {
            uint link = ReadUInt32(chains + ((index - firstSymbol) * 4UL), "GNU hash table");
            if ((link | 1) == (hash | 1) && TryReadDynamicSymbol(index, name, terminated, out symbol))
            {
                return true;
            }

            if ((link & 1) != 0 || index == uint.MaxValue)
            {
                return false;
            }
        }

        return index < firstSymbol ? false : throw Bad("has a GNU hash table with an endless chain");
    }

    private bool TryFindBySysvHash(string name, ReadOnlySpan<byte> terminated, out ElfSymbol symbol)
    {
        symbol = default;
        uint bucketCount = ReadUInt32(_sysvHash, "hash table");
        uint chainCount = ReadUInt32(Add(_sysvHash, 4), "hash table");
        if (bucketCount == 0)
        {
            return false;
        }

        ulong buckets = Add(_sysvHash, 8);
        ulong chains = buckets + (bucketCount * 4UL);
        uint index = ReadUInt32(buckets + (SysvHash(terminated[..^1]) % bucketCount * 4UL), "hash table");
        for (int step = 0; index != 0; step++)
        {
            // The chain is a linked list, so a hostile one can loop; no list is longer than the table.
            if (index >= chainCount || step >= MaxChainSteps)
            {
                throw Bad("has a hash table with an endless chain");
            }

            if (TryReadDynamicSymbol(index, name, terminated, out symbol))
            {
                return true;
            }

            index = ReadUInt32(chains + (index * 4UL), "hash table");
        }

        return false;
    }

    private bool TryReadDynamicSymbol(uint index, string name, ReadOnlySpan<byte> terminated, out ElfSymbol symbol)
    {
        symbol = default;
        ReadOnlySpan<byte> entry = Read(Add(_dynamicSymbols, index * (ulong)SymSize), SymSize, "dynamic symbol table");
        uint nameIndex = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        bool isFunction = TryParseFunction(entry, name, out symbol, out _);
        return isFunction
            && nameIndex < _dynamicStringsSize
            && ReadUpTo(Add(_dynamicStrings, nameIndex), terminated.Length, "dynamic string table").SequenceEqual(terminated);
    }

    /// <summary>A function that is defined here, in code that is mapped from the file. Resolver functions (IFUNC) do not count: they run once, at load.</summary>
    private bool TryParseFunction(ReadOnlySpan<byte> entry, string name, out ElfSymbol symbol, out bool isLocal)
    {
        symbol = default;
        byte type = (byte)(entry[4] & 0xf);
        isLocal = entry[4] >> 4 == STB_LOCAL;
        ushort section = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]);
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
        bool isDefined = section is not SHN_UNDEF and (< SHN_LORESERVE or SHN_XINDEX);
        if (type is not (STT_FUNC or STT_NOTYPE) || !isDefined || !TryGetFileOffset(address, mustBeExecutable: true, out ulong offset))
        {
            return false;
        }

        symbol = new ElfSymbol(name, address, offset, BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]));
        return true;
    }

    private ElfSection[] ReadSections()
    {
        if (_sectionTableOffset == 0 || _sectionCount == 0)
        {
            return [];
        }

        // The table must fit into the file before memory is taken for it.
        if (_sectionCount > MaxSections || _sectionTableOffset > (ulong)_source.Length
            || ((ulong)_source.Length - _sectionTableOffset) / ShdrSize < (ulong)_sectionCount)
        {
            throw Bad("ends before its section headers");
        }

        var sections = new ElfSection[_sectionCount];
        for (int i = 0; i < sections.Length; i++)
        {
            ReadOnlySpan<byte> header = Read(_sectionTableOffset + ((ulong)i * ShdrSize), ShdrSize, "section headers");
            sections[i] = new ElfSection(
                Type: BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                FileOffset: BinaryPrimitives.ReadUInt64LittleEndian(header[24..]),
                Size: BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                Link: BinaryPrimitives.ReadUInt32LittleEndian(header[40..]),
                EntrySize: BinaryPrimitives.ReadUInt64LittleEndian(header[56..]));
        }

        return sections;
    }

    /// <summary>
    /// Where names end in the string table. Linkers let a name share the end of a longer one, so what stands before it does not matter.
    /// </summary>
    private Dictionary<uint, string> FindNames(ElfSection strings, IReadOnlyList<string> names, byte[] buffer)
    {
        var wanted = new Dictionary<uint, string>();
        var needles = new List<(string Name, byte[] Bytes)>();
        foreach (string name in names)
        {
            needles.Add((name, [.. Encoding.UTF8.GetBytes(name), 0]));
        }

        // First only the first name: most files do not have it, and reading on for the others would be for nothing.
        Collect(needles[..1]);
        if (wanted.Count > 0)
        {
            Collect(needles[1..]);
        }

        return wanted;

        void Collect(List<(string Name, byte[] Bytes)> some) => ForEachChunk(strings, MaxNameBytes, buffer, (chunk, position) =>
        {
            foreach ((string name, byte[] bytes) in some)
            {
                for (int at = 0, hit; (hit = chunk[at..].IndexOf(bytes)) >= 0; at += hit + 1)
                {
                    wanted[(uint)(position + (ulong)(at + hit))] = name;
                }
            }
        });
    }

    private void CollectSymbols(ElfSection symbols, Dictionary<uint, string> wanted, Dictionary<string, ElfSymbol> found, byte[] buffer) =>
        ForEachChunk(symbols, overlap: 0, buffer, (chunk, _) =>
        {
            for (; chunk.Length >= SymSize; chunk = chunk[SymSize..])
            {
                // A file may have local functions of the same name; the global one is the library's.
                if (wanted.TryGetValue(BinaryPrimitives.ReadUInt32LittleEndian(chunk), out string? name)
                    && TryParseFunction(chunk, name, out ElfSymbol symbol, out bool isLocal)
                    && (!isLocal || !found.ContainsKey(name)))
                {
                    found[name] = symbol;
                }
            }
        });

    /// <summary>Hands a table over in pieces; each but the first begins with the last <paramref name="overlap"/> bytes of the one before.</summary>
    private void ForEachChunk(ElfSection table, int overlap, byte[] buffer, ChunkHandler handler)
    {
        if (table.FileOffset > (ulong)_source.Length || (ulong)_source.Length - table.FileOffset < table.Size)
        {
            throw Bad("ends before its symbol table");
        }

        ulong size = Math.Min(table.Size, MaxTableBytes);
        int kept = 0;
        for (ulong position = 0; position < size;)
        {
            int length = (int)Math.Min(ChunkBytes, size - position);
            if (_source.ReadAt((long)(table.FileOffset + position), buffer.AsSpan(kept, length)) < length)
            {
                throw Bad("was cut short while its symbol table was read");
            }

            handler(buffer.AsSpan(0, kept + length), position - (ulong)kept);
            position += (ulong)length;
            int nextKept = Math.Min(overlap, kept + length);
            buffer.AsSpan(kept + length - nextKept, nextKept).CopyTo(buffer);
            kept = nextKept;
        }
    }

    private static uint GnuHash(ReadOnlySpan<byte> name)
    {
        uint hash = 5381;
        foreach (byte character in name)
        {
            hash = unchecked((hash * 33) + character);
        }

        return hash;
    }

    private static uint SysvHash(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte character in name)
        {
            hash = unchecked((hash << 4) + character);
            uint top = hash & 0xf0000000;
            hash = (hash ^ (top >> 24)) & ~top;
        }

        return hash;
    }

    private delegate void ChunkHandler(ReadOnlySpan<byte> chunk, ulong position);
}
