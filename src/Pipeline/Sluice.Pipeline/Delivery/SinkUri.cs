// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// A sink as the user writes it: <c>scheme:target?option=value&amp;…</c>, such as <c>jsonl:/var/log/tls.jsonl?rotate-size=100MiB</c>;
/// <c>-</c> alone is <c>console:</c>. Every sink takes its options out of it and then calls <see cref="ThrowIfUnused"/>.
/// </summary>
/// <remarks>
/// The target stands as it is (two slashes in front of it are dropped); option values are percent-decoded. Messages name a sink
/// without its options, because these may hold passwords. Not thread-safe.
/// </remarks>
public sealed class SinkUri
{
    private static readonly SearchValues<char> s_schemeLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    private const string SinkRole = "Sink";
    private const string SourceRole = "Source";

    private readonly string _role;
    private readonly Dictionary<string, string> _options;
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    private SinkUri(string role, string text, string scheme, string target, Dictionary<string, string> options)
    {
        _role = role;
        Text = text;
        Scheme = scheme;
        Target = target;
        _options = options;
        Name = text;
        if (role == SinkRole)
        {
            Name = Take("name") ?? text;
            Overflow = TakeOverflow();
            QueueBytes = TakeSize("queue-bytes", minBytes: 1);
            Spool = TakeSpool();
        }
    }

    /// <summary>The URI without its options: how messages name the sink.</summary>
    public string Text { get; }

    /// <summary>What stands before the first colon, in lower case; <c>console</c> for <c>-</c>.</summary>
    public string Scheme { get; }

    /// <summary>What stands between the scheme and the options: a path, a list of brokers with a topic, <c>-</c>, or nothing.</summary>
    public string Target { get; }

    /// <summary>The sink's key in the ledger: <c>?name=</c>, else <see cref="Text"/>.</summary>
    public string Name { get; }

    /// <summary><c>?overflow=</c>; <see cref="OverflowPolicy.Block"/> when it is not given.</summary>
    public OverflowPolicy Overflow { get; }

    /// <summary><c>?queue-bytes=</c>: bytes of samples that may wait for this sink; null when it is not given.</summary>
    public long? QueueBytes { get; }

    /// <summary><c>?spool-dir=</c> and what belongs to it; null unless <see cref="Overflow"/> is <see cref="OverflowPolicy.Spool"/>.</summary>
    public SpoolOptions? Spool { get; }

    /// <summary>Reads a sink URI and the options that all sinks share.</summary>
    /// <exception cref="SinkUriException">It is not of the form above, or an option stands there twice, without a value or with a bad one.</exception>
    public static SinkUri Parse(string text) => Parse(SinkRole, text);

    /// <summary>The same for what events are read from; the options that all sinks share are none of its.</summary>
    /// <inheritdoc cref="Parse(string)"/>
    public static SinkUri ParseSource(string text) => Parse(SourceRole, text);

    private static SinkUri Parse(string role, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int question = text.IndexOf('?', StringComparison.Ordinal);
        string head = question < 0 ? text : text[..question];
        (string scheme, string target) = SplitHead(role, head);
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        if (question >= 0)
        {
            ParseOptions(role, head, text[(question + 1)..], options);
        }

        return new SinkUri(role, head, scheme, target, options);
    }

    /// <summary>The value of an option, decoded; null when it is not given. The option is then known and taken.</summary>
    public string? Take(string key)
    {
        _known.Add(key);
        return _options.Remove(key, out string? value) ? value : null;
    }

    /// <summary>One of <paramref name="allowed"/>; the first one when the option is not given.</summary>
    /// <exception cref="SinkUriException">The value is another one.</exception>
    public string TakeChoice(string key, params ReadOnlySpan<string> allowed)
    {
        string? value = Take(key);
        if (value is null)
        {
            return allowed[0];
        }

        return allowed.Contains(value) ? value : throw BadValue(key, value, "one of " + string.Join(", ", allowed));
    }

    /// <summary><c>true</c> or <c>false</c>; null when the option is not given.</summary>
    /// <exception cref="SinkUriException">The value is neither.</exception>
    public bool? TakeBool(string key) => Take(key) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var value => throw BadValue(key, value, "true or false"),
    };

    /// <summary>A whole number of the given range; null when the option is not given.</summary>
    /// <exception cref="SinkUriException">The value is no number of that range.</exception>
    public int? TakeInt(string key, int min = 0, int max = int.MaxValue)
    {
        string? value = Take(key);
        if (value is null)
        {
            return null;
        }

        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw BadValue(key, value, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));
    }

    /// <summary>Bytes, such as <c>1000</c>, <c>64KiB</c>, <c>100MiB</c>, <c>2GiB</c>; null when the option is not given.</summary>
    /// <exception cref="SinkUriException">The value is no size, or less than <paramref name="minBytes"/>.</exception>
    public long? TakeSize(string key, long minBytes = 0)
    {
        string? value = Take(key);
        if (value is null)
        {
            return null;
        }

        return TryScaled(value, [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("", 1)], out long bytes) && bytes >= minBytes
            ? bytes
            : throw BadValue(key, value, string.Create(CultureInfo.InvariantCulture, $"a size of at least {minBytes} bytes, such as 1000, 64KiB or 100MiB"));
    }

    /// <summary>A duration above zero, such as <c>500ms</c>, <c>10s</c>, <c>5m</c>, <c>1h</c>; null when the option is not given.</summary>
    /// <exception cref="SinkUriException">The value is no duration.</exception>
    public TimeSpan? TakeDuration(string key)
    {
        string? value = Take(key);
        if (value is null)
        {
            return null;
        }

        // "ms" stands before "s" and "m": the first unit that fits the end of the text wins.
        return TryScaled(value, [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)], out long ms)
            && ms > 0 && ms <= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond
            ? TimeSpan.FromMilliseconds(ms)
            : throw BadValue(key, value, "a duration such as 500ms, 10s, 5m or 1h");
    }

    /// <summary>Every option that starts with <paramref name="prefix"/>, without the prefix: for settings that are passed through.</summary>
    /// <exception cref="SinkUriException">Nothing stands behind the prefix.</exception>
    public IReadOnlyDictionary<string, string> TakePrefixed(string prefix)
    {
        _known.Add(prefix + "*");
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string key in _options.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            if (key.Length == prefix.Length)
            {
                throw Error($"option '{key}' needs a name behind the prefix");
            }

            _options.Remove(key, out string? value);
            taken.Add(key[prefix.Length..], value!);
        }

        return taken;
    }

    /// <summary>Call it after the last Take: what is left is not an option of this sink.</summary>
    /// <exception cref="SinkUriException">An option was not taken; the message has the ones that are known.</exception>
    public void ThrowIfUnused()
    {
        if (_options.Count != 0)
        {
            throw Error($"unknown option '{_options.Keys.First()}'; the options of this {_role.ToLowerInvariant()} are {string.Join(", ", _known)}");
        }
    }

    /// <summary>An exception that names this sink; <paramref name="problem"/> goes on after the colon.</summary>
    public SinkUriException Error(string problem) => Error(_role, Text, problem);

    private static SinkUriException Error(string role, string head, string problem) => new($"{role} '{head}': {problem}.");

    private static (string Scheme, string Target) SplitHead(string role, string head)
    {
        if (head == "-")
        {
            return ("console", "-");
        }

        int colon = head.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || head.AsSpan(0, colon).ContainsAnyExcept(s_schemeLetters))
        {
            throw Error(role, head, role == SinkRole
                ? "not a sink URI; write scheme:target, such as jsonl:/tmp/tls.jsonl, kafka://host:9092/topic, or - for the terminal"
                : "not a source URI; write kafka://host:9092/topic");
        }

        string target = head[(colon + 1)..];
        return (head[..colon].ToLowerInvariant(), target.StartsWith("//", StringComparison.Ordinal) ? target[2..] : target);
    }

    private static void ParseOptions(string role, string head, string query, Dictionary<string, string> options)
    {
        foreach (string part in query.Split('&'))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals];
            if (key.Length == 0)
            {
                throw Error(role, head, "an option has no name; write ?name=value&name=value");
            }

            if (equals < 0 || equals == part.Length - 1)
            {
                throw Error(role, head, $"option '{key}' has no value; write {key}=value");
            }

            if (!options.TryAdd(key, Decode(role, head, key, part[(equals + 1)..])))
            {
                throw Error(role, head, $"option '{key}' is given twice; give it once");
            }
        }
    }

    private static string Decode(string role, string head, string key, string value)
    {
        for (int i = value.IndexOf('%', StringComparison.Ordinal); i >= 0; i = value.IndexOf('%', i + 1))
        {
            if (i + 2 >= value.Length || !char.IsAsciiHexDigit(value[i + 1]) || !char.IsAsciiHexDigit(value[i + 2]))
            {
                throw Error(role, head, $"option '{key}' has a % that two hexadecimal digits must follow; write %25 for the sign itself");
            }
        }

        return Uri.UnescapeDataString(value);
    }

    private static bool TryScaled(string text, ReadOnlySpan<(string Unit, long Scale)> units, out long value)
    {
        value = 0;
        foreach ((string unit, long scale) in units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - unit.Length);
                if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > long.MaxValue / scale)
                {
                    return false;
                }

                value = count * scale;
                return true;
            }
        }

        return false;
    }

    private OverflowPolicy TakeOverflow() => Take("overflow") switch
    {
        null or "block" => OverflowPolicy.Block,
        "drop-newest" => OverflowPolicy.DropNewest,
        "spool" => OverflowPolicy.Spool,
        var value => throw BadValue("overflow", value, "block, drop-newest or spool"),
    };

    private SpoolOptions? TakeSpool()
    {
        string? directory = Take("spool-dir");
        long? maxBytes = TakeSize("spool-max-bytes", SpoolOptions.LeastMaxBytes);
        string? whenFull = Take("spool-full");
        if (Overflow != OverflowPolicy.Spool)
        {
            return (directory ?? whenFull) is null && maxBytes is null ? null : throw Error("spool-dir, spool-max-bytes and spool-full need overflow=spool");
        }

        return new SpoolOptions(directory ?? throw Error("overflow=spool needs a directory of its own for this sink; add spool-dir=DIR"))
        {
            MaxBytes = maxBytes ?? SpoolOptions.DefaultMaxBytes,
            DropsWhenFull = whenFull switch
            {
                null or "block" => false,
                "drop-newest" => true,
                _ => throw BadValue("spool-full", whenFull, "block or drop-newest"),
            },
        };
    }

    private SinkUriException BadValue(string key, string value, string wanted) => Error($"option '{key}' is '{value}', but must be {wanted}");
}
