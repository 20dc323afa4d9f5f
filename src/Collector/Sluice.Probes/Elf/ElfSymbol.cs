// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Elf;

/// <summary>A function that an ELF file defines.</summary>
/// <param name="Name">Its name, without a symbol version.</param>
/// <param name="Address">Its address as linked.</param>
/// <param name="FileOffset">Where its first instruction lies in the file.</param>
/// <param name="Size">Its length in bytes as the file says it; 0 = not said.</param>
public readonly record struct ElfSymbol(string Name, ulong Address, ulong FileOffset, ulong Size);
