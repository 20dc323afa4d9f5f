// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Sluice.Integration.Tests.Support;

/// <summary>What the whole kernel holds of BPF at one moment: programs, maps and links as bpftool lists them, and the processes that have them open.</summary>
internal sealed class KernelInventory
{
    private static readonly string[] s_kinds = ["prog", "map", "link"];

    private readonly IReadOnlyList<Entry> _entries;

    private KernelInventory(IReadOnlyList<Entry> entries) => _entries = entries;

    public static KernelInventory Read(string bpftool) => new([.. s_kinds.SelectMany(kind => List(bpftool, kind))]);

    /// <summary>What a process holds, by kind and name. Names are not unique in the kernel: whoever looks for leaks looks for these only.</summary>
    public IReadOnlySet<string> NamesOf(int pid)
    {
        HashSet<(string, long)> held = [.. HeldBy($"/proc/{pid}")];
        return _entries.Where(entry => held.Contains((entry.Kind, entry.Id))).Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Of these names what is there now, was not there before, and is in no process's hand: other programs may come and go meanwhile.</summary>
    public IReadOnlyList<string> LeftSince(KernelInventory before, IReadOnlySet<string> names)
    {
        HashSet<(string, long)> known = [.. before._entries.Select(entry => (entry.Kind, entry.Id))];
        known.UnionWith(Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])).SelectMany(HeldBy));
        return [.. _entries.Where(entry => names.Contains(entry.Name) && !known.Contains((entry.Kind, entry.Id))).Select(entry => $"{entry.Name} ({entry.Id})")];
    }

    private static IEnumerable<(string Kind, long Id)> HeldBy(string process)
    {
        foreach (string line in Files(process + "/fdinfo").SelectMany(Lines))
        {
            string[] words = line.Split(':', 2);
            if (words.Length == 2 && words[0].EndsWith("_id", StringComparison.Ordinal) && s_kinds.Contains(words[0][..^3]))
            {
                yield return (words[0][..^3], long.Parse(words[1], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture));
            }
        }
    }

    private static string[] Files(string directory)
    {
        try
        {
            return Directory.GetFiles(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended meanwhile, or is the host's own.
            return [];
        }
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static List<Entry> List(string bpftool, string kind)
    {
        using var listing = JsonDocument.Parse(Command.Run(bpftool, "-j", kind, "show"));
        return [.. listing.RootElement.EnumerateArray().Select(element => new Entry(kind, element.GetProperty("id").GetInt64(), NameOf(kind, element)))];
    }

    /// <summary>Links have no names but types.</summary>
    private static string NameOf(string kind, JsonElement element) =>
        kind + ' ' + (element.TryGetProperty("name", out JsonElement name) || element.TryGetProperty("type", out name) ? name.ToString() : "?");

    private sealed record Entry(string Kind, long Id, string Name);
}
