// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Sluice.Collector.CommandLine;
using Sluice.Probes;

namespace Sluice.Collector.Configuration;

/// <summary>What a configuration file asks for, checked.</summary>
/// <param name="Path">The file, as the user named it.</param>
/// <param name="Settings">As of the command line.</param>
/// <param name="SinkTexts">The sinks with their options, as URIs; empty for the console.</param>
internal sealed record RunConfiguration(string Path, CaptureSettings Settings, IReadOnlyList<string> SinkTexts)
{
    /// <summary>The keys of what is different in <paramref name="other"/> and cannot be changed while a capture runs.</summary>
    public IReadOnlyList<string> FixedDifferences(RunConfiguration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        CaptureSettings mine = Settings, theirs = other.Settings;
        CaptureOptions my = mine.Capture, their = theirs.Capture;
        (string Key, bool IsSame)[] keys =
        [
            ("modules", mine.Modules.SequenceEqual(theirs.Modules)),
            ("tls.lib", my.LibraryPaths.SequenceEqual(their.LibraryPaths)),
            ("kernel.transport", my.Transport == their.Transport),
            ("kernel.mapsize", my.MapSizePages == their.MapSizePages),
            ("kernel.btf", my.Bytecode == their.Bytecode),
            ("kernel.btf-file", my.BtfFile == their.BtfFile),
            ("sinks", SinkTexts.SequenceEqual(other.SinkTexts)),
            ("limits.payload-limit", my.PayloadLimitBytes == their.PayloadLimitBytes),
            ("limits.udp-idle", my.UdpIdle == their.UdpIdle),
            ("limits.duration", mine.Duration == theirs.Duration),
            ("limits.max-events", mine.MaxEvents == theirs.MaxEvents),
            ("limits.drain-timeout", mine.DrainTimeout == theirs.DrainTimeout),
            ("telemetry.listen", Equals(mine.Telemetry.Listen, theirs.Telemetry.Listen)),
            ("telemetry.otlp", mine.Telemetry.Otlp == theirs.Telemetry.Otlp),
            ("hex", mine.Hex == theirs.Hex),
            ("ledger", mine.LedgerPath == theirs.LedgerPath),
            ("ready-file", mine.ReadyFilePath == theirs.ReadyFilePath),
        ];
        return [.. keys.Where(static key => !key.IsSame).Select(static key => key.Key)];
    }

    /// <summary>In one line, for <c>sluice config check</c>.</summary>
    public string Summary => string.Create(CultureInfo.InvariantCulture,
        $"{Path}: ok; modules {string.Join(", ", Settings.Modules)}; sinks {string.Join(", ", Settings.Sinks.Select(static sink => sink.Name))}; filters {FilterSummary}.");

    /// <summary>Such as <c>2 processes, 1 cgroup</c>.</summary>
    public string FilterSummary
    {
        get
        {
            CaptureOptions capture = Settings.Capture;
            string[] parts =
            [
                .. Count(capture.Pids.Count, "process", "processes"),
                .. Count(capture.Uids.Count, "user", "users"),
                .. Count(capture.CgroupPaths.Count, "cgroup", "cgroups"),
            ];
            return parts.Length == 0 ? "none" : string.Join(", ", parts);
        }
    }

    private static string[] Count(int count, string one, string many) =>
        count == 0 ? [] : [string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}")];
}
