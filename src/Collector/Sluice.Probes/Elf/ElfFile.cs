// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using static Sluice.Probes.Elf.ElfFormat;

namespace Sluice.Probes.Elf;

/// <summary>
/// Reads the parts of a 64-bit little-endian ELF file that lead from a function's name to its place in the file, without loading the file.
/// </summary>
/// <remarks>
/// Files of other people's processes are input like any other: every offset is checked before it is followed, every loop has a bound that the file cannot
/// raise, and no memory is taken by a number that the file gives. Works without section headers, as the dynamic loader does. Not thread-safe; the source
/// must stay open while the object is used.
/// </remarks>
public sealed partial class ElfFile
{
    // The kernel refuses program headers of more than 64 KiB; so do we.
    private const int MaxSegments = 65536 / PhdrSize;

    // Longest name that is read (DT_NEEDED, DT_SONAME); the file systems end at 255.
    private const int MaxStringBytes = 1024;

    private const int WindowBytes = 4096;

    private readonly ByteSource _source;
    private readonly byte[] _window = new byte[WindowBytes];
    private readonly List<ElfSegment> _segments = [];
    private long _windowOffset;
    private int _windowLength;
    private ulong _sectionTableOffset;
    private int _sectionCount;

    private ElfFile(ByteSource source, string name)
    {
        _source = source;
        Name = name;
    }

    /// <summary>What messages call the file.</summary>
    public string Name { get; }

    /// <summary><c>e_machine</c>: 62 x86-64, 183 AArch64.</summary>
    public ushort Machine { get; private set; }

    /// <summary>True for a program: linked to a fixed address, or naming an interpreter.</summary>
    public bool IsProgram { get; private set; }

    /// <summary>Reads the headers and the dynamic section.</summary>
    /// <param name="source">Stays the caller's, and open while the object is used.</param>
    /// <param name="name">What messages call the file.</param>
    /// <exception cref="ElfException">Not an ELF file of the supported kind, cut off, or contradictory.</exception>
    public static ElfFile Open(ByteSource source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        var file = new ElfFile(source, name);
        file.ReadHeader();
        file.ReadDynamic();
        return file;
    }

    /// <summary>Finds the place in the file that is mapped at an address; only addresses backed by the file have one.</summary>
    public bool TryGetFileOffset(ulong address, out ulong fileOffset) => TryGetFileOffset(address, mustBeExecutable: false, out fileOffset);

    private bool TryGetFileOffset(ulong address, bool mustBeExecutable, out ulong fileOffset)
    {
        foreach (ElfSegment segment in _segments)
        {
            if (segment.Type == PT_LOAD && address >= segment.Address && address - segment.Address < segment.FileSize
                && (!mustBeExecutable || segment.IsExecutable))
            {
                fileOffset = unchecked(segment.FileOffset + (address - segment.Address));
                return fileOffset < (ulong)_source.Length;
            }
        }

        fileOffset = 0;
        return false;
    }

    private void ReadHeader()
    {
        if (_source.Length < EhdrSize)
        {
            throw Bad("too short for an ELF file");
        }

        ReadOnlySpan<byte> header = Read(0, EhdrSize, "ELF header");
        if (!header.StartsWith((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F']))
        {
            throw Bad("not an ELF file");
        }

        if (header[4] != ELFCLASS64)
        {
            throw Bad("a 32-bit ELF file; only 64-bit programs can be captured");
        }

        if (header[5] != ELFDATA2LSB)
        {
            throw Bad("a big-endian ELF file; only little-endian machines are supported");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        if (type is not (ET_EXEC or ET_DYN))
        {
            throw Bad("an ELF file, but neither a program nor a shared library");
        }

        IsProgram = type == ET_EXEC;
        Machine = BinaryPrimitives.ReadUInt16LittleEndian(header[18..]);
        ulong programTable = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        _sectionTableOffset = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        bool hasSections = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]) == ShdrSize;
        _sectionCount = hasSections ? BinaryPrimitives.ReadUInt16LittleEndian(header[60..]) : 0;
        ReadSegments(programTable, entrySize, count);
    }

    private void ReadSegments(ulong table, ushort entrySize, ushort count)
    {
        if (count == 0 || entrySize != PhdrSize)
        {
            throw Bad("has no program headers");
        }

        if (count > MaxSegments)
        {
            throw Bad($"has {count} program headers; the kernel takes {MaxSegments} at most");
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> header = Read(Add(table, (ulong)i * PhdrSize), PhdrSize, "program headers");
            var segment = new ElfSegment(
                Type: BinaryPrimitives.ReadUInt32LittleEndian(header),
                Flags: BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
                FileOffset: BinaryPrimitives.ReadUInt64LittleEndian(header[8..]),
                Address: BinaryPrimitives.ReadUInt64LittleEndian(header[16..]),
                FileSize: BinaryPrimitives.ReadUInt64LittleEndian(header[32..]),
                Alignment: BinaryPrimitives.ReadUInt64LittleEndian(header[48..]));
            _segments.Add(segment);
            IsProgram |= segment.Type == PT_INTERP;
        }
    }

    /// <summary>Bytes at a place in the file; valid until the next read. At most <see cref="WindowBytes"/>.</summary>
    private ReadOnlySpan<byte> Read(ulong offset, int length, string what)
    {
        if (offset > (ulong)_source.Length || (ulong)_source.Length - offset < (ulong)length)
        {
            throw Bad($"ends before its {what}");
        }

        long start = (long)offset;
        if (start < _windowOffset || start + length > _windowOffset + _windowLength)
        {
            _windowLength = _source.ReadAt(start, _window);
            _windowOffset = start;
            if (_windowLength < length)
            {
                throw Bad($"was cut short while its {what} was read");
            }
        }

        return _window.AsSpan((int)(start - _windowOffset), length);
    }

    /// <summary>Up to <paramref name="length"/> bytes: fewer at the end of the file, none behind it.</summary>
    private ReadOnlySpan<byte> ReadUpTo(ulong offset, int length, string what) =>
        offset >= (ulong)_source.Length ? [] : Read(offset, (int)Math.Min((ulong)length, (ulong)_source.Length - offset), what);

    private uint ReadUInt32(ulong offset, string what) => BinaryPrimitives.ReadUInt32LittleEndian(Read(offset, sizeof(uint), what));

    private ulong ReadUInt64(ulong offset, string what) => BinaryPrimitives.ReadUInt64LittleEndian(Read(offset, sizeof(ulong), what));

    private ulong Add(ulong offset, ulong distance)
    {
        ulong sum = unchecked(offset + distance);
        return sum >= offset ? sum : throw Bad("has an offset beyond 64 bits");
    }

    private ElfException Bad(string reason) => new(Name, reason);
}
