// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.CommandLine;

/// <summary>Checks the words of <c>sluice replay</c>.</summary>
internal static class ReplaySettingsReader
{
    private const string StandardInput = "-";

    /// <exception cref="UsageException">A word cannot be; the message names it and what is allowed.</exception>
    /// <exception cref="SinkUriException">A sink URI cannot be understood.</exception>
    public static ReplaySettings Read(ReplayWords words)
    {
        string[] files = [.. words.Files.Select(CheckFile)];
        if (files.Length == 0)
        {
            throw new UsageException("no recording given; name the files that a raw: sink wrote, the oldest first, or - for standard input.");
        }

        if (files.Count(static file => file == StandardInput) > 1)
        {
            throw new UsageException("standard input (-) is given twice.");
        }

        IReadOnlyList<SinkUri> sinks = RunSettingsReader.ReadSinks(words);
        foreach (string file in files)
        {
            SinkList.CheckApart(sinks, "recording", file);
        }

        return new ReplaySettings
        {
            Files = files,
            Pace = words.Pace,
            Sinks = sinks,
            Hex = words.Hex,
            LedgerPath = RunSettingsReader.ReadOutputFile("--ledger", words.Ledger, sinks),
            MaxEvents = RunSettingsReader.ReadMaxEvents("--max-events", words.MaxEvents),
            DrainTimeout = RunSettingsReader.ReadDrainTimeout("--drain-timeout", words.DrainTimeout),
            LogLevel = RunSettingsReader.ReadLogLevel("--log-level", words.LogLevel),
        };
    }

    private static string CheckFile(string path)
    {
        if (path == StandardInput)
        {
            return path;
        }

        if (path.StartsWith('-'))
        {
            // The parser hands an option it does not know to the argument that takes any number of words.
            throw new UsageException($"unknown option '{path}'.");
        }

        if (Directory.Exists(path))
        {
            throw new UsageException($"recording '{path}': this is a directory; name the files in it, the oldest first.");
        }

        return File.Exists(path) ? Path.GetFullPath(path) : throw new UsageException($"recording '{path}': no such file.");
    }
}
