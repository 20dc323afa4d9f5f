// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Threading;

namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>What was measured with one instrument. Thread-safe; recording a value of known attributes allocates nothing.</summary>
internal sealed class Metric
{
    // OpenTelemetry's own for histograms whose maker gives no advice.
    private static readonly double[] s_defaultBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    /// <summary>Innermost lock; taken once per batch for a histogram.</summary>
    private readonly Lock _gate = new();

    private readonly Instrument _instrument;
    private readonly bool _adds;
    private readonly double[] _bounds;
    private readonly List<Series> _series = [];

    public Metric(Instrument instrument)
    {
        _instrument = instrument;
        Type kind = instrument.GetType().GetGenericTypeDefinition();
        Kind = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? MetricKind.Counter
            : kind == typeof(Histogram<>) ? MetricKind.Histogram
            : MetricKind.Gauge;
        _adds = kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>);
        _bounds = Kind == MetricKind.Histogram ? Bounds(instrument) : [];
        Name = MetricName.Of(instrument.Name, instrument.Unit, Kind);
    }

    /// <summary>As Prometheus knows it.</summary>
    public string Name { get; }

    public MetricKind Kind { get; }

    /// <summary>What somebody measured, or what the instrument gave when it was asked.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tags">Its attributes.</param>
    /// <param name="collection">Number of the collection that is under way or comes next.</param>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, long collection)
    {
        lock (_gate)
        {
            Series series = Find(tags);
            series.SeenIn = collection;
            if (Kind == MetricKind.Histogram)
            {
                series.BucketCounts[BucketOf(value)]++;
                series.Value += value;
            }
            else
            {
                series.Value = _adds ? series.Value + value : value;
            }
        }
    }

    /// <summary>Writes all series; those that an observed instrument no longer has are left out.</summary>
    public void Write(PrometheusText text, long collection)
    {
        lock (_gate)
        {
            bool hasHead = false;
            foreach (Series series in _series)
            {
                if (_instrument.IsObservable && series.SeenIn != collection)
                {
                    continue;
                }

                if (!hasHead)
                {
                    text.Head(Name, Kind, _instrument.Description);
                    hasHead = true;
                }

                WriteOne(text, series);
            }
        }
    }

    private void WriteOne(PrometheusText text, Series series)
    {
        string labels = PrometheusText.Labels(_instrument.Meter.Name, series.Tags);
        if (Kind == MetricKind.Histogram)
        {
            text.Histogram(Name, labels, _bounds, series.BucketCounts, series.Value);
        }
        else
        {
            text.Value(Name, labels, series.Value);
        }
    }

    /// <summary>By looking at all: a metric has as many series as there are sinks, causes or rings.</summary>
    private Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (Series series in _series)
        {
            if (series.Has(tags))
            {
                return series;
            }
        }

        var added = new Series(tags, Kind == MetricKind.Histogram ? _bounds.Length + 1 : 0);
        _series.Add(added);
        return added;
    }

    private int BucketOf(double value)
    {
        int bucket = 0;
        while (bucket < _bounds.Length && !(value <= _bounds[bucket]))
        {
            bucket++;
        }

        return bucket;
    }

    private static double[] Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(static bound => (double)bound)],
        _ => s_defaultBounds,
    };
}
