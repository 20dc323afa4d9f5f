// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Elf;

/// <summary>A section header (<c>Elf64_Shdr</c>), the members that are used. As the file says it.</summary>
internal readonly record struct ElfSection(uint Type, ulong FileOffset, ulong Size, uint Link, ulong EntrySize);
