// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.CommandLine;

/// <summary>Reads the <c>--sink</c> options as a whole.</summary>
internal static class SinkList
{
    private const string StandardOutput = "-";
    private const string StandardOutputFile = "/dev/stdout";

    /// <summary>The sinks asked for; the console when there is none.</summary>
    public static IReadOnlyList<SinkUri> Read(IReadOnlyList<string> texts)
    {
        SinkUri[] sinks = [.. (texts.Count == 0 ? [SinkSchemes.Console + ":"] : texts).Select(SinkUri.Parse)];
        CheckTogether(sinks);
        return sinks;
    }

    /// <summary>Checks that this version has all of them, and that they do not write over each other.</summary>
    /// <exception cref="UsageException">One cannot be with those before it.</exception>
    public static void CheckTogether(IReadOnlyList<SinkUri> sinks)
    {
        foreach (SinkUri sink in sinks)
        {
            CheckScheme(sink);
        }

        CheckNames(sinks);
        CheckFiles(sinks);
        CheckSpools(sinks);
        CheckStandardOutput(sinks);
    }

    /// <summary>A file that the program itself writes must not be a sink's too.</summary>
    public static void CheckApart(IEnumerable<SinkUri> sinks, string option, string? path)
    {
        if (path is not null && sinks.FirstOrDefault(sink => WritesToFile(sink) && RealPath.Of(sink.Target) == RealPath.Of(path)) is { } same)
        {
            throw new UsageException($"{option} '{path}': the sink '{same.Text}' writes to this file already; name another one.");
        }
    }

    private static void CheckScheme(SinkUri sink)
    {
        if (SinkSchemes.Available.Contains(sink.Scheme))
        {
            return;
        }

        throw new UsageException(SinkSchemes.Planned.Contains(sink.Scheme)
            ? $"--sink '{sink.Text}': {sink.Scheme} is not available in this version; sinks of this version: {string.Join(", ", SinkSchemes.Available)}."
            : $"--sink '{sink.Text}': unknown kind of sink '{sink.Scheme}'; sinks: {string.Join(", ", SinkSchemes.Available)} "
              + $"(not available in this version: {string.Join(", ", SinkSchemes.Planned)}).");
    }

    private static void CheckNames(IEnumerable<SinkUri> sinks)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (SinkUri sink in sinks)
        {
            if (!names.Add(sink.Name))
            {
                throw new UsageException($"--sink '{sink.Text}': another sink is already called '{sink.Name}'; give each its own ?name=.");
            }
        }
    }

    private static void CheckFiles(IEnumerable<SinkUri> sinks)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (SinkUri sink in sinks)
        {
            if (WritesToFile(sink) && !paths.Add(RealPath.Of(sink.Target)))
            {
                throw new UsageException($"--sink '{sink.Text}': another sink already writes to this file, and their events would mix.");
            }
        }
    }

    private static void CheckSpools(IEnumerable<SinkUri> sinks)
    {
        var owners = new Dictionary<string, SinkUri>(StringComparer.Ordinal);
        foreach (SinkUri sink in sinks)
        {
            if (sink.Spool is { } spool && !owners.TryAdd(RealPath.Of(spool.Directory), sink))
            {
                throw new UsageException(
                    $"--sink '{sink.Text}': spool-dir '{spool.Directory}' is that of '{owners[RealPath.Of(spool.Directory)].Name}' already; give each sink a directory of its own.");
            }
        }
    }

    private static void CheckStandardOutput(IEnumerable<SinkUri> sinks)
    {
        SinkUri[] onStdout = [.. sinks.Where(WritesToStandardOutput)];
        if (onStdout.Length > 1)
        {
            throw new UsageException($"--sink '{onStdout[1].Text}': '{onStdout[0].Text}' already writes to standard output, and their events would mix.");
        }
    }

    /// <summary>What has no path at all is the sink's own to refuse, and nothing mixes in the null device.</summary>
    private static bool WritesToFile(SinkUri sink) => TakesPath(sink) && sink.Target is not ("" or StandardOutput or "/dev/null");

    private static bool TakesPath(SinkUri sink) => sink.Scheme is SinkSchemes.JsonLines or SinkSchemes.Raw;

    private static bool WritesToStandardOutput(SinkUri sink) =>
        sink.Scheme == SinkSchemes.Console
        || (TakesPath(sink) && sink.Target == StandardOutput)
        || (WritesToFile(sink) && RealPath.Of(sink.Target) == RealPath.Of(StandardOutputFile));
}
