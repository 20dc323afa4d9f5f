// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Sluice.Probes.Tests.Elf;

/// <summary>Builds a small shared library byte by byte, independently of the reader: one segment with everything in it, loaded at <see cref="Base"/>.</summary>
internal sealed class ElfImage
{
    internal const ulong Base = 0x10000;
    internal const int CodeOffset = 0x200;
    internal const int CodeBytes = 0x200;

    private readonly List<byte> _bytes = [.. new byte[CodeOffset + CodeBytes]];
    private readonly List<(string Name, ulong Value, byte Info, ushort Section)> _symbols = [];
    private readonly List<string> _needed = [];

    internal bool UseGnuHash { get; init; } = true;

    internal bool ExportSymbols { get; init; } = true;

    internal bool AddSymbolTable { get; init; }

    internal string SoName { get; init; } = "libtest.so.1";

    internal string ReadOnlyText { get; init; } = "";

    /// <summary>Where tables came to lie, for tests that break them.</summary>
    internal int HashOffset { get; private set; }

    internal int DynamicOffset { get; private set; }

    internal static byte[] WithSslFunctions(string text = "OpenSSL 3.0.19 27 Jan 2026", bool gnuHash = true)
    {
        var image = new ElfImage { UseGnuHash = gnuHash, ReadOnlyText = text };
        image.AddFunction("SSL_read", 0x10).AddFunction("SSL_write", 0x20).AddFunction("SSL_free", 0x30).Need("libc.so.6");
        return image.Build();
    }

    internal ElfImage AddFunction(string name, int codeOffset, byte info = 0x12, ushort section = 1)
    {
        _symbols.Add((name, Base + CodeOffset + (ulong)codeOffset, info, section));
        return this;
    }

    internal ElfImage Need(string soName)
    {
        _needed.Add(soName);
        return this;
    }

    internal byte[] Build()
    {
        var dynamic = new List<(long Tag, ulong Value)>();
        if (ExportSymbols)
        {
            WriteDynamicTables(dynamic);
        }

        Append(Encoding.ASCII.GetBytes(ReadOnlyText + "\0"));
        int noteOffset = Append([4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, (byte)'G', (byte)'N', (byte)'U', 0, 0xde, 0xad, 0xbe, 0xef]);
        DynamicOffset = Append([]);
        foreach ((long tag, ulong value) in dynamic)
        {
            AppendUInt64((ulong)tag);
            AppendUInt64(value);
        }

        int dynamicBytes = _bytes.Count - DynamicOffset;
        (int sectionOffset, int sectionCount) = AddSymbolTable ? WriteSymbolTable() : (0, 0);
        byte[] file = [.. _bytes];
        WriteHeaders(file, noteOffset, dynamicBytes, sectionOffset, sectionCount);
        return file;
    }

    private void WriteDynamicTables(List<(long Tag, ulong Value)> dynamic)
    {
        byte[] strings = MakeStrings(out Dictionary<string, uint> index);
        int stringOffset = Append(strings);
        int symbolOffset = Append(MakeSymbols(index));
        HashOffset = Append([]);
        WriteHash();
        foreach (string needed in _needed)
        {
            dynamic.Add((1, index[needed]));
        }

        dynamic.Add((14, index[SoName]));
        dynamic.Add((UseGnuHash ? 0x6ffffef5 : 4, Base + (ulong)HashOffset));
        dynamic.Add((5, Base + (ulong)stringOffset));
        dynamic.Add((6, Base + (ulong)symbolOffset));
        dynamic.Add((10, (ulong)strings.Length));
        dynamic.Add((11, 24));
        dynamic.Add((0, 0));
    }

    private byte[] MakeStrings(out Dictionary<string, uint> index)
    {
        var strings = new List<byte> { 0 };
        index = [];
        foreach (string name in (IEnumerable<string>)[.. _symbols.ConvertAll(static symbol => symbol.Name), .. _needed, SoName])
        {
            index[name] = (uint)strings.Count;
            strings.AddRange(Encoding.UTF8.GetBytes(name));
            strings.Add(0);
        }

        return [.. strings];
    }

    private byte[] MakeSymbols(Dictionary<string, uint> index)
    {
        byte[] table = new byte[24 * (_symbols.Count + 1)];
        for (int i = 0; i < _symbols.Count; i++)
        {
            Span<byte> entry = table.AsSpan(24 * (i + 1));
            BinaryPrimitives.WriteUInt32LittleEndian(entry, index[_symbols[i].Name]);
            entry[4] = _symbols[i].Info;
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], _symbols[i].Section);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], _symbols[i].Value);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], 8);
        }

        return table;
    }

    /// <summary>One bucket that holds every symbol: the longest chains there can be.</summary>
    private void WriteHash()
    {
        if (!UseGnuHash)
        {
            // nbucket, nchain, bucket[1], chain[]: each symbol links to the next.
            AppendUInt32(1);
            AppendUInt32((uint)_symbols.Count + 1);
            AppendUInt32(_symbols.Count > 0 ? 1u : 0u);
            for (uint i = 0; i <= _symbols.Count; i++)
            {
                AppendUInt32(i > 0 && i < _symbols.Count ? i + 1 : 0);
            }

            return;
        }

        AppendUInt32(1);
        AppendUInt32(1);
        AppendUInt32(1);
        AppendUInt32(6);
        AppendUInt64(ulong.MaxValue);
        AppendUInt32(_symbols.Count > 0 ? 1u : 0u);
        for (int i = 0; i < _symbols.Count; i++)
        {
            uint hash = 5381;
            foreach (byte character in Encoding.UTF8.GetBytes(_symbols[i].Name))
            {
                hash = unchecked((hash << 5) + hash + character);
            }

            AppendUInt32(i == _symbols.Count - 1 ? hash | 1 : hash & ~1u);
        }
    }

    private (int Offset, int Count) WriteSymbolTable()
    {
        byte[] strings = MakeStrings(out Dictionary<string, uint> index);
        int stringOffset = Append(strings);
        byte[] symbols = MakeSymbols(index);
        int symbolOffset = Append(symbols);
        int table = Append(new byte[64]);
        Append(MakeSection(type: 2, symbolOffset, symbols.Length, link: 2, entrySize: 24));
        Append(MakeSection(type: 3, stringOffset, strings.Length, link: 0, entrySize: 0));
        return (table, 3);
    }

    private static byte[] MakeSection(uint type, int offset, int size, uint link, ulong entrySize)
    {
        byte[] section = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(section.AsSpan(4), type);
        BinaryPrimitives.WriteUInt64LittleEndian(section.AsSpan(24), (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(section.AsSpan(32), (ulong)size);
        BinaryPrimitives.WriteUInt32LittleEndian(section.AsSpan(40), link);
        BinaryPrimitives.WriteUInt64LittleEndian(section.AsSpan(56), entrySize);
        return section;
    }

    private void WriteHeaders(Span<byte> file, int noteOffset, int dynamicBytes, int sectionOffset, int sectionCount)
    {
        ReadOnlySpan<byte> identification = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], 62);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], 64);
        BinaryPrimitives.WriteUInt64LittleEndian(file[40..], (ulong)sectionOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 3);
        BinaryPrimitives.WriteUInt16LittleEndian(file[58..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[60..], (ushort)sectionCount);
        WriteSegment(file[64..], type: 1, flags: 5, 0, file.Length);
        WriteSegment(file[120..], type: 2, flags: 4, DynamicOffset, dynamicBytes);
        WriteSegment(file[176..], type: 4, flags: 4, noteOffset, 20);
    }

    private static void WriteSegment(Span<byte> header, uint type, uint flags, int offset, int size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(header[8..], (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[16..], Base + (ulong)offset);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[40..], (ulong)size);
        BinaryPrimitives.WriteUInt64LittleEndian(header[48..], 4);
    }

    private int Append(ReadOnlySpan<byte> bytes)
    {
        while (_bytes.Count % 8 != 0)
        {
            _bytes.Add(0);
        }

        int offset = _bytes.Count;
        _bytes.AddRange(bytes);
        return offset;
    }

    private void AppendUInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    private void AppendUInt64(ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }
}
