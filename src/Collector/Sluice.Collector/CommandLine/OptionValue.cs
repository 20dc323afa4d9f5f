// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Sluice.Collector.CommandLine;

/// <summary>Reads option values; every refusal names the option, the value and what is allowed.</summary>
internal static class OptionValue
{
    private static readonly (string Suffix, ulong Bytes)[] s_sizeUnits =
    [
        ("KiB", 1UL << 10), ("MiB", 1UL << 20), ("GiB", 1UL << 30),
    ];

    private static readonly (string Suffix, double Seconds)[] s_timeUnits =
    [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400),
    ];

    /// <summary>The values of a repeatable option: each occurrence may itself be a comma-separated list.</summary>
    public static IEnumerable<string> Split(string option, IEnumerable<string> occurrences)
    {
        foreach (string occurrence in occurrences)
        {
            foreach (string value in occurrence.Split(',', StringSplitOptions.TrimEntries))
            {
                if (value.Length == 0)
                {
                    throw new UsageException($"{option} '{occurrence}': an entry is empty.");
                }

                yield return value;
            }
        }
    }

    /// <summary>A decimal number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public static long Integer(string option, string text, long min, long max)
    {
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) || value < min || value > max)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} '{text}': a whole number from {min} to {max} is wanted."));
        }

        return value;
    }

    /// <summary>A power of two from 1 to <paramref name="max"/>.</summary>
    public static int PowerOfTwo(string option, string text, int max)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) || value > max || !BitOperations.IsPow2(value))
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{option} '{text}': a power of two from 1 to {max} is wanted."));
        }

        return value;
    }

    /// <summary>A duration such as <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>2h</c>; a number without a unit counts seconds.</summary>
    public static TimeSpan Duration(string option, string text, TimeSpan min, TimeSpan max)
    {
        double unitSeconds = 1;
        ReadOnlySpan<char> digits = text;
        foreach ((string suffix, double seconds) in s_timeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                digits = text.AsSpan(0, text.Length - suffix.Length);
                unitSeconds = seconds;
                break;
            }
        }

        // "NaN" and "Infinity" parse as numbers; the comparison is written so that they fail it.
        bool isNumber = double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        if (!isNumber || !(number * unitSeconds >= min.TotalSeconds && number * unitSeconds <= max.TotalSeconds))
        {
            throw new UsageException($"{option} '{text}': a duration from {Describe(min)} to {Describe(max)} is wanted, such as 500ms, 10s, 5m or 2h.");
        }

        return TimeSpan.FromSeconds(number * unitSeconds);
    }

    /// <summary>A number of bytes such as <c>512</c>, <c>16KiB</c> or <c>1MiB</c>.</summary>
    public static ulong Bytes(string option, string text)
    {
        ulong unit = 1;
        ReadOnlySpan<char> digits = text;
        foreach ((string suffix, ulong bytes) in s_sizeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                digits = text.AsSpan(0, text.Length - suffix.Length);
                unit = bytes;
                break;
            }
        }

        if (!ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) || number > ulong.MaxValue / unit)
        {
            throw new UsageException($"{option} '{text}': a number of bytes is wanted, such as 512, 16KiB or 1MiB (0 = no limit).");
        }

        return number * unit;
    }

    private static string Describe(TimeSpan time) => time switch
    {
        { Ticks: 0 } => "0",
        { TotalMilliseconds: < 1000 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds}ms"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours}h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds}s"),
    };
}
