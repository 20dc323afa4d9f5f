// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;

namespace Sluice.Collector.CommandLine;

/// <summary>Checks what all commands with sinks share. Every refusal names the option as it was called there.</summary>
internal static class RunSettingsReader
{
    /// <summary>Of diagnostics, when nothing is asked.</summary>
    public const LogLevel DefaultLogLevel = LogLevel.Information;

    private static readonly (string Word, LogLevel Level)[] s_logLevels =
    [
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warn", LogLevel.Warning), ("error", LogLevel.Error), ("none", LogLevel.None),
    ];

    /// <summary>The sinks asked for; the console when there is none.</summary>
    /// <exception cref="UsageException">They do not go together.</exception>
    /// <exception cref="SinkUriException">A sink URI cannot be understood.</exception>
    public static IReadOnlyList<SinkUri> ReadSinks(RunWords words)
    {
        IReadOnlyList<SinkUri> sinks = SinkList.Read(words.Sinks);
        if (words.Hex && !HasConsole(sinks))
        {
            throw new UsageException("--hex: only the console shows payloads as text, and no console sink is asked for (--sink console:).");
        }

        return sinks;
    }

    public static bool HasConsole(IEnumerable<SinkUri> sinks) => sinks.Any(static sink => sink.Scheme == SinkSchemes.Console);

    /// <summary>A file that the program itself writes; null when it is not given.</summary>
    public static string? ReadOutputFile(string option, string? path, IEnumerable<SinkUri> sinks)
    {
        string? full = OutputFile(option, path);
        SinkList.CheckApart(sinks, option, full);
        return full;
    }

    public static long? ReadMaxEvents(string option, string? text) => text is null ? null : OptionValue.Integer(option, text, 1, long.MaxValue);

    public static TimeSpan ReadDrainTimeout(string option, string? text) =>
        text is null ? RunSettings.DefaultDrainTimeout : OptionValue.Duration(option, text, TimeSpan.Zero, TimeSpan.FromHours(1));

    public static LogLevel ReadLogLevel(string option, string? text)
    {
        if (text is null)
        {
            return DefaultLogLevel;
        }

        foreach ((string word, LogLevel level) in s_logLevels)
        {
            if (word == text)
            {
                return level;
            }
        }

        throw new UsageException($"{option} '{text}': trace, debug, info, warn, error or none is wanted.");
    }

    /// <summary>How the user writes a level.</summary>
    public static string WordOf(LogLevel level) => Array.Find(s_logLevels, known => known.Level == level).Word;

    private static string? OutputFile(string option, string? path)
    {
        if (path is null)
        {
            return null;
        }

        string full = path.Length == 0 ? string.Empty : Path.GetFullPath(path);
        string? directory = Path.GetDirectoryName(full);
        if (string.IsNullOrEmpty(directory) || Directory.Exists(full))
        {
            throw new UsageException($"{option} '{path}': the path of a file is wanted.");
        }

        return Directory.Exists(directory) ? full : throw new UsageException($"{option} '{path}': no such directory: {directory}.");
    }
}
