// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Probes.Elf;
using Sluice.Probes.Offsets;

namespace Sluice.Probes.Targets;

/// <summary>Decides whether a file is a target, by the functions that it defines; its name does not count.</summary>
internal sealed class TargetInspector(TlsLayoutTable layouts)
{
    private const ushort EM_X86_64 = 62;
    private const ushort EM_AARCH64 = 183;

    private static ushort HostMachine => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? EM_AARCH64 : EM_X86_64;

    /// <summary>Inspects a file. Costs a few small reads for one that exports no TLS functions and has no symbol table.</summary>
    /// <returns>Null when a required function is missing; <paramref name="missing"/> says which.</returns>
    /// <exception cref="ElfException">Not an ELF file of this machine, or a broken one.</exception>
    internal InspectedFile? Inspect(ByteSource source, string name, LibraryIdentifier.NeededLibraryOpener openNeeded, out IReadOnlyList<string> missing)
    {
        ElfFile file = ElfFile.Open(source, name);
        if (file.Machine != HostMachine)
        {
            throw new ElfException(name, $"made for another machine (ELF machine {file.Machine}, this host is {HostMachine})");
        }

        TlsSymbols symbols = FindSymbols(file);
        missing = symbols.Missing;
        if (missing.Count > 0)
        {
            return null;
        }

        LibraryIdentity identity = LibraryIdentifier.Identify(file, openNeeded);
        TlsLayoutChoice? layout = identity.Version is { } version ? layouts.Choose(identity.Library, version) : null;
        return new InspectedFile(identity, layout, symbols);
    }

    private static TlsSymbols FindSymbols(ElfFile file)
    {
        // Nearly every file of a host ends after the first of these look-ups, and has no symbol table.
        if (TlsFunctions.Required.All(name => file.TryFindDynamicSymbol(name, out _)))
        {
            return new TlsSymbols(FindExported(file, TlsFunctions.All));
        }

        Dictionary<string, ulong> unexported = FindUnexported(file);
        return new TlsSymbols(unexported.Count > 0 ? unexported : FindExported(file, TlsFunctions.Required));
    }

    private static Dictionary<string, ulong> FindExported(ElfFile file, IReadOnlyList<string> names)
    {
        var offsets = new Dictionary<string, ulong>(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (file.TryFindDynamicSymbol(name, out ElfSymbol symbol))
            {
                offsets.Add(name, symbol.FileOffset);
            }
        }

        return offsets;
    }

    private static Dictionary<string, ulong> FindUnexported(ElfFile file) =>
        file.FindStaticSymbols(TlsFunctions.All).ToDictionary(static pair => pair.Key, static pair => pair.Value.FileOffset, StringComparer.Ordinal);
}
