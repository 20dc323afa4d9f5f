// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Elf;

/// <summary>Numbers of the ELF-64 format, in the words of <c>elf.h</c>.</summary>
internal static class ElfFormat
{
    internal const int EhdrSize = 64;
    internal const int PhdrSize = 56;
    internal const int ShdrSize = 64;
    internal const int SymSize = 24;
    internal const int DynSize = 16;
    internal const int NhdrSize = 12;

    internal const byte ELFCLASS64 = 2;
    internal const byte ELFDATA2LSB = 1;
    internal const ushort ET_EXEC = 2;
    internal const ushort ET_DYN = 3;
    internal const ushort PN_XNUM = 0xffff;

    internal const uint PT_LOAD = 1;
    internal const uint PT_DYNAMIC = 2;
    internal const uint PT_INTERP = 3;
    internal const uint PT_NOTE = 4;
    internal const uint PF_X = 1;
    internal const uint PF_W = 2;

    internal const uint SHT_SYMTAB = 2;
    internal const uint SHT_DYNSYM = 11;

    internal const long DT_NULL = 0;
    internal const long DT_NEEDED = 1;
    internal const long DT_HASH = 4;
    internal const long DT_STRTAB = 5;
    internal const long DT_SYMTAB = 6;
    internal const long DT_STRSZ = 10;
    internal const long DT_SYMENT = 11;
    internal const long DT_SONAME = 14;
    internal const long DT_GNU_HASH = 0x6ffffef5;

    internal const ushort SHN_UNDEF = 0;
    internal const ushort SHN_LORESERVE = 0xff00;
    internal const ushort SHN_XINDEX = 0xffff;
    internal const byte STT_NOTYPE = 0;
    internal const byte STT_FUNC = 2;
    internal const byte STB_LOCAL = 0;

    internal const uint NT_GNU_BUILD_ID = 3;
}
