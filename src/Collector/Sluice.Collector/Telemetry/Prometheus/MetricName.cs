// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text;

namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>
/// Turns OpenTelemetry's names into those of Prometheus, as OpenTelemetry's specification "Prometheus and OpenMetrics Compatibility" has it:
/// underscores for other characters, the unit in full at the end, <c>_total</c> behind it for counters, <c>_ratio</c> for gauges of unit 1.
/// </summary>
internal static class MetricName
{
    /// <summary>The name of a family of series.</summary>
    public static string Of(string name, string? unit, MetricKind kind)
    {
        string result = Clean(name);
        string suffix = UnitSuffix(unit, kind);
        if (kind == MetricKind.Counter && result.EndsWith("_total", StringComparison.Ordinal))
        {
            result = result[..^"_total".Length];
        }

        if (suffix.Length != 0 && result != suffix && !result.EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            result += "_" + suffix;
        }

        return kind == MetricKind.Counter ? result + "_total" : result;
    }

    /// <summary>The name of a label.</summary>
    public static string OfLabel(string attribute) => Clean(attribute, allowColon: false);

    private static string Clean(string name, bool allowColon = true)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            bool isGood = char.IsAsciiLetterOrDigit(c) || (allowColon && c == ':');
            if (clean.Length == 0 && char.IsAsciiDigit(c))
            {
                clean.Append('_');
            }

            if (isGood)
            {
                clean.Append(c);
            }
            else if (clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append('_');
            }
        }

        return clean.ToString();
    }

    private static string UnitSuffix(string? unit, MetricKind kind)
    {
        string plain = WithoutAnnotations(unit ?? string.Empty);
        if (plain == "1")
        {
            return kind == MetricKind.Gauge ? "ratio" : string.Empty;
        }

        int slash = plain.IndexOf('/', StringComparison.Ordinal);
        return slash switch
        {
            < 0 => Word(plain),
            0 => "per_" + PerWord(plain[1..]),
            _ => Word(plain[..slash]) + "_per_" + PerWord(plain[(slash + 1)..]),
        };
    }

    /// <summary>What stands in braces names the thing that is counted and is no unit.</summary>
    private static string WithoutAnnotations(string unit)
    {
        int open;
        while ((open = unit.IndexOf('{', StringComparison.Ordinal)) >= 0)
        {
            int close = unit.IndexOf('}', open);
            unit = close < 0 ? unit[..open] : unit.Remove(open, close - open + 1);
        }

        return unit.TrimEnd('/');
    }

    private static string Word(string unit) => unit switch
    {
        "" => string.Empty,
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "%" => "percent",
        "Hz" => "hertz",
        _ => Clean(unit).Trim('_'),
    };

    private static string PerWord(string unit) => unit switch
    {
        "s" => "second",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        _ => Word(unit),
    };
}
