// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Collector.CommandLine;

/// <summary>The capture modules by their command-line names.</summary>
internal static class ModuleNames
{
    public const string Tls = "tls";
    public const string Connections = "connections";

    /// <summary>Modules of this version.</summary>
    public static IReadOnlyList<string> Available { get; } = [Tls, Connections];

    /// <summary>Modules that have a name but no code yet.</summary>
    public static IReadOnlyList<string> Planned { get; } =
        ["gnutls", "nss", "gotls", "bash", "zsh", "mysqld", "postgres", "packets"];

    /// <summary>The modules asked for, each once.</summary>
    /// <exception cref="UsageException">None, an unknown one, one that does not exist yet, or one asked for twice.</exception>
    public static IReadOnlyList<string> Check(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            throw new UsageException($"no module given; modules of this version: {Join(Available)}.");
        }

        var asked = new List<string>();
        foreach (string name in names)
        {
            CheckOne(name);
            if (asked.Contains(name))
            {
                throw new UsageException($"module '{name}' is given twice.");
            }

            asked.Add(name);
        }

        return asked;
    }

    private static void CheckOne(string name)
    {
        if (name.StartsWith('-'))
        {
            // The parser hands an option it does not know to the argument that takes any number of words.
            throw new UsageException($"unknown option '{name}'.");
        }

        if (Contains(Planned, name))
        {
            throw new UsageException($"module '{name}' is not available in this version; modules of this version: {Join(Available)}.");
        }

        if (!Contains(Available, name))
        {
            throw new UsageException($"unknown module '{name}'; modules: {Join(Available)} (not available in this version: {Join(Planned)}).");
        }
    }

    private static bool Contains(IReadOnlyList<string> names, string name)
    {
        foreach (string known in names)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static string Join(IReadOnlyList<string> names) => string.Join(", ", names);
}
