// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Selection;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;

namespace Sluice.Collector.CommandLine;

/// <summary>Checks the words of a command line against what exists in this version and on this host.</summary>
internal static class CaptureSettingsReader
{
    // 2^18 pages are 1 GiB for each CPU; what is above is a typing error.
    private const int MaxMapSizePages = 1 << 18;

    // PID_MAX_LIMIT of 64-bit kernels.
    private const int MaxPid = 4 * 1024 * 1024;

    /// <summary>Of diagnostics, when nothing is asked.</summary>
    public const LogLevel DefaultLogLevel = LogLevel.Information;

    // Timers end at 2^32 ms, which is 49 days.
    private static readonly TimeSpan s_longestDuration = TimeSpan.FromHours(24 * 49);

    private static readonly string[] s_plannedModes = ["keylog", "pcapng"];

    /// <exception cref="UsageException">A word cannot be; the message names the option, the value and what is allowed.</exception>
    /// <exception cref="SinkUriException">A sink URI cannot be understood.</exception>
    public static CaptureSettings Read(CaptureWords words)
    {
        IReadOnlyList<string> modules = ModuleNames.Check(words.Modules);
        CheckMode(words.Mode);
        IReadOnlyList<SinkUri> sinks = SinkList.Read(words.Sinks);
        if (words.Hex && !sinks.Any(static sink => sink.Scheme == SinkSchemes.Console))
        {
            throw new UsageException("--hex: only the console shows payloads as text, and no console sink is asked for (--sink console:).");
        }

        string? ledger = OutputFile("--ledger", words.Ledger), readyFile = OutputFile("--ready-file", words.ReadyFile);
        SinkList.CheckApart(sinks, "--ledger", ledger);
        SinkList.CheckApart(sinks, "--ready-file", readyFile);
        return new CaptureSettings
        {
            Modules = modules,
            Sinks = sinks,
            Capture = ReadCapture(words),
            Hex = words.Hex,
            LedgerPath = ledger,
            ReadyFilePath = readyFile,
            Duration = words.Duration is { } duration ? OptionValue.Duration("--duration", duration, TimeSpan.FromMilliseconds(1), s_longestDuration) : null,
            MaxEvents = words.MaxEvents is { } count ? OptionValue.Integer("--max-events", count, 1, long.MaxValue) : null,
            DrainTimeout = words.DrainTimeout is { } budget
                ? OptionValue.Duration("--drain-timeout", budget, TimeSpan.Zero, TimeSpan.FromHours(1))
                : CaptureSettings.DefaultDrainTimeout,
            LogLevel = ReadLogLevel(words.LogLevel),
            Telemetry = TelemetrySettingsReader.Read(words.Telemetry),
        };
    }

    private static CaptureOptions ReadCapture(CaptureWords words) => new()
    {
        Pids = [.. OptionValue.Split("--pid", words.Pids).Select(ReadPid).Distinct()],
        Uids = [.. OptionValue.Split("--uid", words.Uids).Select(static user => UserIds.Resolve("--uid", user)).Distinct()],
        CgroupPaths = [.. words.Cgroups.Select(static path => CgroupPath.Resolve("--cgroup", path)).Distinct()],
        LibraryPaths = [.. words.Libraries.Select(static path => InputFile("--lib", path)).Distinct()],
        Transport = ReadTransport(words.Transport),
        MapSizePages = words.MapSize is { } pages ? OptionValue.PowerOfTwo("--mapsize", pages, MaxMapSizePages) : null,
        PayloadLimitBytes = words.PayloadLimit is { } limit ? OptionValue.Bytes("--payload-limit", limit) : 0,
        UdpIdle = words.UdpIdle is { } idle
            ? OptionValue.Duration("--udp-idle", idle, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))
            : CaptureOptions.DefaultUdpIdle,
        BtfFile = ReadBtfFile(words),
        Bytecode = ReadFlavour(words.Btf),
        KernelVersion = KernelVersionOverride.Read(),
        Without = WithheldFeatureList.Read(),
    };

    private static int ReadPid(string text)
    {
        int pid = (int)OptionValue.Integer("--pid", text, 1, MaxPid);
        return Directory.Exists($"/proc/{pid}")
            ? pid
            : throw new UsageException($"--pid '{text}': no such process in the PID namespace of sluice.");
    }

    private static CaptureTransport ReadTransport(string? text) => text switch
    {
        null => CaptureTransport.Auto,
        "ringbuf" => CaptureTransport.RingBuffer,
        "perf" => CaptureTransport.Perf,
        _ => throw new UsageException($"--transport '{text}': ringbuf or perf is wanted."),
    };

    private static string? ReadBtfFile(CaptureWords words) => words.BtfFile switch
    {
        null => null,
        _ when ReadFlavour(words.Btf) == BytecodeMode.NonCore => throw new UsageException($"--btf-file '{words.BtfFile}': the bytecode of --btf {words.Btf} uses no BTF."),
        string path => BtfFile.Check("--btf-file", path),
    };

    /// <summary>The numbers are the reference's spelling.</summary>
    private static BytecodeMode ReadFlavour(string? text) => text switch
    {
        null or "auto" or "0" => BytecodeMode.Auto,
        "core" or "1" => BytecodeMode.Core,
        "noncore" or "2" => BytecodeMode.NonCore,
        _ => throw new UsageException($"--btf '{text}': auto, core or noncore is wanted."),
    };

    private static void CheckMode(string? text)
    {
        if (text is null or "text")
        {
            return;
        }

        throw new UsageException(s_plannedModes.Contains(text)
            ? $"--mode '{text}': not available in this version; text is wanted."
            : $"--mode '{text}': text is wanted (not available in this version: {string.Join(", ", s_plannedModes)}).");
    }

    private static LogLevel ReadLogLevel(string? text) => text switch
    {
        null or "info" => LogLevel.Information,
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "none" => LogLevel.None,
        _ => throw new UsageException($"--log-level '{text}': trace, debug, info, warn, error or none is wanted."),
    };

    private static string InputFile(string option, string path)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"{option} '{path}': this is a directory; a file is wanted.");
        }

        if (!File.Exists(path))
        {
            throw new UsageException($"{option} '{path}': no such file.");
        }

        // Whether it can be read, and is a library at all, the module finds out.
        return Path.GetFullPath(path);
    }

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
