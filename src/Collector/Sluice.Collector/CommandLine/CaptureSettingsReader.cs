// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
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

    // Timers end at 2^32 ms, which is 49 days.
    private static readonly TimeSpan s_longestDuration = TimeSpan.FromHours(24 * 49);

    private static readonly string[] s_plannedModes = ["keylog", "pcapng"];

    /// <exception cref="UsageException">A word cannot be; the message names the option, the value and what is allowed.</exception>
    /// <exception cref="SinkUriException">A sink URI cannot be understood.</exception>
    public static CaptureSettings Read(CaptureWords words)
    {
        IReadOnlyList<string> modules = ModuleNames.Check(words.Modules);
        CheckMode("--mode", words.Mode);
        IReadOnlyList<SinkUri> sinks = RunSettingsReader.ReadSinks(words);
        return new CaptureSettings
        {
            Modules = modules,
            Sinks = sinks,
            Capture = ReadCapture(words),
            Hex = words.Hex,
            LedgerPath = RunSettingsReader.ReadOutputFile("--ledger", words.Ledger, sinks),
            ReadyFilePath = RunSettingsReader.ReadOutputFile("--ready-file", words.ReadyFile, sinks),
            Duration = ReadDuration("--duration", words.Duration),
            MaxEvents = RunSettingsReader.ReadMaxEvents("--max-events", words.MaxEvents),
            DrainTimeout = RunSettingsReader.ReadDrainTimeout("--drain-timeout", words.DrainTimeout),
            LogLevel = RunSettingsReader.ReadLogLevel("--log-level", words.LogLevel),
            Telemetry = TelemetrySettingsReader.Read(words.Telemetry),
        };
    }

    /// <summary>Null when it is not given.</summary>
    public static TimeSpan? ReadDuration(string option, string? text) =>
        text is null ? null : OptionValue.Duration(option, text, TimeSpan.FromMilliseconds(1), s_longestDuration);

    private static CaptureOptions ReadCapture(CaptureWords words) => new()
    {
        Pids = [.. OptionValue.Split("--pid", words.Pids).Select(static pid => ReadPid("--pid", pid)).Distinct()],
        Uids = [.. OptionValue.Split("--uid", words.Uids).Select(static user => UserIds.Resolve("--uid", user)).Distinct()],
        CgroupPaths = [.. words.Cgroups.Select(static path => CgroupPath.Resolve("--cgroup", path)).Distinct()],
        LibraryPaths = [.. words.Libraries.Select(static path => InputFile("--lib", path)).Distinct()],
        Transport = ReadTransport("--transport", words.Transport),
        MapSizePages = ReadMapSize("--mapsize", words.MapSize),
        PayloadLimitBytes = ReadPayloadLimit("--payload-limit", words.PayloadLimit),
        UdpIdle = ReadUdpIdle("--udp-idle", words.UdpIdle),
        BtfFile = ReadBtfFile("--btf-file", words.BtfFile, ReadFlavour("--btf", words.Btf)),
        Bytecode = ReadFlavour("--btf", words.Btf),
        KernelVersion = KernelVersionOverride.Read(),
        Without = WithheldFeatureList.Read(),
    };

    public static int ReadPid(string option, string text)
    {
        int pid = (int)OptionValue.Integer(option, text, 1, MaxPid);
        return Directory.Exists($"/proc/{pid}")
            ? pid
            : throw new UsageException($"{option} '{text}': no such process in the PID namespace of sluice.");
    }

    public static int? ReadMapSize(string option, string? text) => text is null ? null : OptionValue.PowerOfTwo(option, text, MaxMapSizePages);

    public static ulong ReadPayloadLimit(string option, string? text) => text is null ? 0 : OptionValue.Bytes(option, text);

    public static TimeSpan ReadUdpIdle(string option, string? text) =>
        text is null ? CaptureOptions.DefaultUdpIdle : OptionValue.Duration(option, text, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

    public static CaptureTransport ReadTransport(string option, string? text) => text switch
    {
        null => CaptureTransport.Auto,
        "ringbuf" => CaptureTransport.RingBuffer,
        "perf" => CaptureTransport.Perf,
        _ => throw new UsageException($"{option} '{text}': ringbuf or perf is wanted."),
    };

    public static string? ReadBtfFile(string option, string? path, BytecodeMode bytecode) => path switch
    {
        null => null,
        _ when bytecode == BytecodeMode.NonCore => throw new UsageException($"{option} '{path}': the bytecode of --btf noncore uses no BTF."),
        _ => BtfFile.Check(option, path),
    };

    /// <summary>The numbers are the reference's spelling.</summary>
    public static BytecodeMode ReadFlavour(string option, string? text) => text switch
    {
        null or "auto" or "0" => BytecodeMode.Auto,
        "core" or "1" => BytecodeMode.Core,
        "noncore" or "2" => BytecodeMode.NonCore,
        _ => throw new UsageException($"{option} '{text}': auto, core or noncore is wanted."),
    };

    public static void CheckMode(string option, string? text)
    {
        if (text is null or "text")
        {
            return;
        }

        throw new UsageException(s_plannedModes.Contains(text)
            ? $"{option} '{text}': not available in this version; text is wanted."
            : $"{option} '{text}': text is wanted (not available in this version: {string.Join(", ", s_plannedModes)}).");
    }

    public static string InputFile(string option, string path)
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
}
