// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;

namespace Sluice.Collector.Configuration;

/// <summary>The keys of a configuration file. docs/configuration.md describes them; a test holds the two together.</summary>
internal static class ConfigKeys
{
    public const string Root = "";
    public const string Filters = "filters";
    public const string Tls = "tls";
    public const string Kernel = "kernel";
    public const string Limits = "limits";
    public const string Telemetry = "telemetry";

    /// <summary>Each section with its keys. A new section is a row here and a reader in <see cref="ConfigReader"/>.</summary>
    public static IReadOnlyDictionary<string, string[]> BySection { get; } = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        [Root] = ["modules", Filters, Tls, Kernel, "sinks", Limits, Telemetry, "hex", "ledger", "ready-file", "log-level"],
        [Filters] = ["pid", "uid", "cgroup"],
        [Tls] = ["lib", "mode"],
        [Kernel] = ["transport", "mapsize", "btf", "btf-file"],
        [Limits] = ["payload-limit", "udp-idle", "duration", "max-events", "drain-timeout"],
        [Telemetry] = ["listen", "otlp"],
    };

    public static string PathOf(string section, string key) => section.Length == 0 ? key : section + "." + key;

    /// <summary>What an unknown key was probably meant to be; null when nothing is like it.</summary>
    public static string? Suggest(string section, string unknown)
    {
        string word = unknown.ToLowerInvariant().Replace('_', '-');
        (string Path, int Distance)[] near =
        [
            .. BySection.SelectMany(static entry => entry.Value, static (entry, key) => (Section: entry.Key, Key: key))
                .Select(known => (PathOf(known.Section, known.Key), Distance(word, known.Key) + (known.Section == section ? 0 : 1)))
                .OrderBy(static known => known.Item2),
        ];
        return near[0].Distance <= Math.Max(1, word.Length / 3) ? near[0].Path : null;
    }

    /// <summary>Letters to insert, delete or replace (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
