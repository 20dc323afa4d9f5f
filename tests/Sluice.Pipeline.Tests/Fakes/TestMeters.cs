// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Meters of one test, and what their instruments say. One collection at a time.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, double> _values = [];
    private readonly Dictionary<string, List<double>> _recorded = [];

    /// <param name="keepRecorded">Remember what histograms recorded; otherwise only counted, without an allocation.</param>
    public TestMeters(bool keepRecorded = true)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags, keepRecorded));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags, keepRecorded));
        _listener.Start();
    }

    public List<Instrument> Instruments { get; } = [];

    /// <summary>How often a histogram was told a value.</summary>
    public long Recordings { get; private set; }

    /// <summary>Asks every instrument: values by name and attribute values, such as <c>sluice.sink.dropped/a/queue_full</c>.</summary>
    public IReadOnlyDictionary<string, double> Collect()
    {
        _values.Clear();
        _listener.RecordObservableInstruments();
        return _values;
    }

    /// <summary>What one histogram was told, by the same key.</summary>
    public IReadOnlyList<double> Recorded(string key)
    {
        lock (_recorded)
        {
            return _recorded.TryGetValue(key, out List<double>? values) ? [.. values] : [];
        }
    }

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions(options.Name) { Scope = this });
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(static meter => meter.Dispose());
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool keepRecorded)
    {
        if (!instrument.IsObservable && !keepRecorded)
        {
            Recordings++;
            return;
        }

        string key = instrument.Name;
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            key += "/" + tag.Value;
        }

        if (instrument.IsObservable)
        {
            _values[key] = value;
            return;
        }

        lock (_recorded)
        {
            Recordings++;
            if (!_recorded.TryGetValue(key, out List<double>? values))
            {
                _recorded[key] = values = [];
            }

            values.Add(value);
        }
    }
}
