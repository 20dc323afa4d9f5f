// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Finds functions in the symbol tables of 64-bit little-endian ELF files, as uprobes want them: by offset in the file. Reads what it needs of the file,
/// trusts none of it, and keeps nothing.
/// </summary>
public static class ElfSymbols
{
    private const int HeaderBytes = 64;
    private const int SectionBytes = 64;
    private const int SegmentBytes = 56;
    private const int SymbolBytes = 24;
    private const int SHT_SYMTAB = 2;
    private const int SHT_DYNSYM = 11;
    private const int PT_LOAD = 1;
    private const int STT_FUNC = 2;

    /// <summary>More is no table of a program but a broken file.</summary>
    private const long MaxTableBytes = 1L << 30;

    /// <summary>The offset in the file of a function's first instruction.</summary>
    /// <exception cref="BpfException">ENOENT: no such file, or no such function in its symbol tables (stripped?); ENOEXEC: no ELF file of a 64-bit machine.</exception>
    public static ulong FindFunctionOffset(string path, string symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        using SafeFileHandle file = Open(path);
        byte[] header = ReadHeader(file, path);
        foreach ((byte[] table, byte[] names) in SymbolTables(file, path, header))
        {
            if (FindAddress(table, names, symbol) is { } address)
            {
                return ToOffset(file, path, header, address);
            }
        }

        throw new BpfException("open", Errno.ENOENT, $"{path} has no function '{symbol}' in its symbol tables. Is it stripped, or another build?");
    }

    /// <summary>The offset in the file of a virtual address as the file's own tables have it.</summary>
    /// <exception cref="BpfException">ENOENT: no such file; EINVAL: no segment of it has that address; ENOEXEC: no ELF file of a 64-bit machine.</exception>
    public static ulong FileOffsetOf(string path, ulong address)
    {
        using SafeFileHandle file = Open(path);
        return ToOffset(file, path, ReadHeader(file, path), address);
    }

    private static SafeFileHandle Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BpfException("open", e is UnauthorizedAccessException ? Errno.EACCES : Errno.ENOENT, $"{path} cannot be probed: {e.Message}", e);
        }
    }

    private static byte[] ReadHeader(SafeFileHandle file, string path)
    {
        byte[] header = new byte[HeaderBytes];
        bool isElf = RandomAccess.Read(file, header, 0) == HeaderBytes
            && header.AsSpan().StartsWith("\u007fELF"u8)
            && header[4] == 2 // ELFCLASS64
            && header[5] == 1; // ELFDATA2LSB
        return isElf ? header : throw Broken(path, "it is no 64-bit little-endian ELF file");
    }

    private static IEnumerable<(byte[] Table, byte[] Names)> SymbolTables(SafeFileHandle file, string path, byte[] header)
    {
        byte[] sections = ReadTable(file, path, U64(header, 40), (long)U16(header, 60) * SectionBytes);
        foreach (int wanted in new[] { SHT_SYMTAB, SHT_DYNSYM })
        {
            for (int at = 0; at < sections.Length; at += SectionBytes)
            {
                int link = (int)U32(sections, at + 40) * SectionBytes;
                if (U32(sections, at + 4) == wanted && link >= 0 && link < sections.Length)
                {
                    byte[] table = ReadTable(file, path, U64(sections, at + 24), (long)U64(sections, at + 32));
                    yield return (table, ReadTable(file, path, U64(sections, link + 24), (long)U64(sections, link + 32)));
                }
            }
        }
    }

    private static ulong? FindAddress(byte[] table, byte[] names, string symbol)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(symbol + '\0');
        for (int at = 0; at + SymbolBytes <= table.Length; at += SymbolBytes)
        {
            uint name = U32(table, at);
            int type = table[at + 4] & 0xf;
            ulong address = U64(table, at + 8);
            bool isDefinedFunction = type == STT_FUNC && U16(table, at + 6) != 0 && address != 0;
            if (isDefinedFunction && name < names.Length && names.AsSpan((int)name).StartsWith(wanted))
            {
                return address;
            }
        }

        return null;
    }

    private static ulong ToOffset(SafeFileHandle file, string path, byte[] header, ulong address)
    {
        byte[] segments = ReadTable(file, path, U64(header, 32), (long)U16(header, 56) * SegmentBytes);
        for (int at = 0; at < segments.Length; at += SegmentBytes)
        {
            ulong offset = U64(segments, at + 8), start = U64(segments, at + 16), size = U64(segments, at + 32);
            if (U32(segments, at) == PT_LOAD && address >= start && address - start < size)
            {
                return address - start + offset;
            }
        }

        throw new BpfException("open", Errno.EINVAL, string.Create(CultureInfo.InvariantCulture, $"{path} has no code at address 0x{address:x}."));
    }

    private static byte[] ReadTable(SafeFileHandle file, string path, ulong offset, long bytes)
    {
        long length = RandomAccess.GetLength(file);
        if (bytes < 0 || bytes > MaxTableBytes || offset > (ulong)length || bytes > length - (long)offset)
        {
            throw Broken(path, "its tables lie outside of it");
        }

        byte[] table = new byte[bytes];
        return RandomAccess.Read(file, table, (long)offset) == bytes ? table : throw Broken(path, "it is shorter than it was");
    }

    private static BpfException Broken(string path, string why) => new("open", Errno.ENOEXEC, $"{path} cannot be probed: {why}.");

    private static ushort U16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
