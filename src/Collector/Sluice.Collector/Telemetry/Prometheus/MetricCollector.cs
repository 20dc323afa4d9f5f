// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Numerics;
using System.Threading;

namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>Listens to the meters of a run and to those of the runtime, and writes their numbers down when asked. Thread-safe.</summary>
internal sealed class MetricCollector : IDisposable
{
    /// <summary>The runtime's own: CPU time, memory, garbage collections, threads.</summary>
    public const string RuntimeMeter = "System.Runtime";

    /// <summary>Outside of the metrics' locks. One collection at a time.</summary>
    private readonly Lock _collecting = new();

    /// <summary>Innermost; guards the list.</summary>
    private readonly Lock _gate = new();

    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _meters;
    private readonly IReadOnlyList<KeyValuePair<string, object?>> _resource;
    private readonly SortedList<string, Metric> _metrics = new(StringComparer.Ordinal);
    private long _collection;

    /// <param name="meters">Whose meters are listened to.</param>
    /// <param name="resource">Attributes of this process, for <c>target_info</c>.</param>
    public MetricCollector(IMeterFactory meters, IReadOnlyList<KeyValuePair<string, object?>> resource)
    {
        _meters = meters;
        _resource = resource;
        _listener.InstrumentPublished = OnPublished;
        Accept<long>();
        Accept<int>();
        Accept<double>();
        Accept<float>();
        Accept<byte>();
        Accept<short>();
        Accept<decimal>();
        _listener.Start();
    }

    /// <summary>Asks every instrument and gives all numbers in Prometheus' text format, in UTF-8.</summary>
    /// <exception cref="AggregateException">An instrument could not be asked.</exception>
    public byte[] Collect()
    {
        lock (_collecting)
        {
            // Pairs with the Volatile.Read in Record.
            Volatile.Write(ref _collection, _collection + 1);
            _listener.RecordObservableInstruments();
            var text = new PrometheusText();
            text.Head("target_info", MetricKind.Gauge, "Attributes of this process.");
            text.Value("target_info", PrometheusText.Labels(meter: null, _resource), 1);
            foreach (Metric metric in Metrics())
            {
                metric.Write(text, _collection);
            }

            return text.ToUtf8();
        }
    }

    public void Dispose() => _listener.Dispose();

    private Metric[] Metrics()
    {
        lock (_gate)
        {
            return [.. _metrics.Values];
        }
    }

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Scope != _meters && instrument.Meter.Name != RuntimeMeter)
        {
            return;
        }

        var metric = new Metric(instrument);
        lock (_gate)
        {
            // Two instruments of one name would be a family with two heads, which no reader takes; the first one stays.
            if (!_metrics.TryAdd(metric.Name, metric))
            {
                return;
            }
        }

        listener.EnableMeasurementEvents(instrument, metric);
    }

    private void Accept<T>()
        where T : struct, INumber<T> =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, state) =>
            ((Metric)state!).Record(double.CreateSaturating(value), tags, Volatile.Read(ref _collection)));
}
