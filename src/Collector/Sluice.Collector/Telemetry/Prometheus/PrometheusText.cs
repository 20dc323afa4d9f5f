// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>Writes Prometheus' text format, version 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new(16 * 1024);

    /// <summary>The two lines above the series of a family.</summary>
    public void Head(string name, MetricKind kind, string? help)
    {
        if (!string.IsNullOrEmpty(help))
        {
            _text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(help, quotes: false)).Append('\n');
        }

        _text.Append("# TYPE ").Append(name).Append(' ').Append(Word(kind)).Append('\n');
    }

    /// <summary>One series.</summary>
    public void Value(string name, string labels, double value) => Line(name, string.Empty, labels, value);

    /// <summary>The series of a histogram.</summary>
    /// <param name="name">Of the family.</param>
    /// <param name="labels">From <see cref="Labels"/>.</param>
    /// <param name="bounds">Upper limits of the buckets but the last, which has none.</param>
    /// <param name="counts">Values in each bucket.</param>
    /// <param name="sum">Of all values.</param>
    public void Histogram(string name, string labels, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum)
    {
        long total = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            string limit = i < bounds.Length ? Number(bounds[i]) : "+Inf";
            Line(name, "_bucket", $"{labels}{(labels.Length == 0 ? "" : ",")}le=\"{limit}\"", total);
        }

        Line(name, "_sum", labels, sum);
        Line(name, "_count", labels, total);
    }

    /// <summary>
    /// The labels between the braces: the meter and the attributes. Attributes whose names become the same are joined in one, as the specification asks.
    /// </summary>
    public static string Labels(string? meter, IEnumerable<KeyValuePair<string, object?>> attributes)
    {
        IEnumerable<string> labels = attributes
            .GroupBy(static attribute => MetricName.OfLabel(attribute.Key), StringComparer.Ordinal)
            .Select(static group => Label(group.Key, string.Join(';', group.OrderBy(static attribute => attribute.Key, StringComparer.Ordinal).Select(static attribute => ValueText(attribute.Value)))));
        return string.Join(',', meter is null ? labels : labels.Prepend(Label("otel_scope_name", meter)));
    }

    /// <summary>All that was written, in UTF-8.</summary>
    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    private void Line(string name, string suffix, string labels, double value)
    {
        _text.Append(name).Append(suffix);
        if (labels.Length != 0)
        {
            _text.Append('{').Append(labels).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Label(string name, string value) => $"{name}=\"{Escaped(value, quotes: true)}\"";

    private static string Escaped(string text, bool quotes)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string ValueText(object? value) => value switch
    {
        null => string.Empty,
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    private static string Word(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        _ => "gauge",
    };
}
