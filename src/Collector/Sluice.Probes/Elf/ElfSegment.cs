// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Elf;

/// <summary>A program header (<c>Elf64_Phdr</c>). As the file says it: nothing is checked but what a user of it checks.</summary>
internal readonly record struct ElfSegment(uint Type, uint Flags, ulong FileOffset, ulong Address, ulong FileSize, ulong Alignment)
{
    internal bool IsExecutable => (Flags & ElfFormat.PF_X) != 0;

    internal bool IsWritable => (Flags & ElfFormat.PF_W) != 0;
}
