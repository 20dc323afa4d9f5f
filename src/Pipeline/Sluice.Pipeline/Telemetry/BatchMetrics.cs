// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Timing;

namespace Sluice.Pipeline.Telemetry;

/// <summary>
/// What batches look like and how old their events are: <c>sluice.pipeline.*</c>. Recorded once per batch, never per event; allocates nothing.
/// Thread-safe.
/// </summary>
internal sealed class BatchMetrics
{
    private static readonly double[] s_latencySeconds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly long[] s_events = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
    private static readonly long[] s_bytes = [256, 1024, 4096, 16384, 32768, 65536, 131072, 196608, 262144];

    private readonly KtimeClock _clock;
    private readonly EventOrigin _origin;
    private readonly Histogram<long> _size;
    private readonly Histogram<long> _bytes;
    private readonly Histogram<double> _latency;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="pool">Where the batches come from.</param>
    /// <param name="clock">The clock of the samples' time.</param>
    /// <param name="origin">This run. The events of others (a recording, a spool of before) are as old as they are, which is nobody's latency.</param>
    public BatchMetrics(IMeterFactory meters, BatchPool pool, KtimeClock clock, EventOrigin origin)
    {
        _clock = clock;
        _origin = origin;
        Meter meter = meters.Create("Sluice.Pipeline");
        _size = meter.CreateHistogram(
            "sluice.pipeline.batch.size", MetricNames.EventUnit, "Events of a batch as it is offered to the sinks.", advice: Buckets(s_events));
        _bytes = meter.CreateHistogram(
            "sluice.pipeline.batch.bytes", MetricNames.ByteUnit, "Bytes of the events of a batch as it is offered to the sinks.", advice: Buckets(s_bytes));
        _latency = meter.CreateHistogram(
            "sluice.pipeline.latency",
            "s",
            "Age of the first event of a batch, from its time in the kernel to the moment at which the batch is handed to the sink.",
            advice: Buckets(s_latencySeconds));
        meter.CreateObservableUpDownCounter(
            "sluice.pipeline.batches.used", () => (long)pool.Outstanding, "{batch}", "Batches that are being filled, queued or held by sinks.");
    }

    /// <summary>A batch goes to all sinks.</summary>
    public void RecordOffered(SampleBatch batch)
    {
        _size.Record(batch.Count);
        _bytes.Record(batch.ByteCount);
    }

    /// <summary>A batch is handed to one sink.</summary>
    public void RecordHandOff(SampleBatch batch, in KeyValuePair<string, object?> sinkName)
    {
        // The first event is the oldest but for what several CPUs did at once: one look per batch is what this may cost.
        if (_latency.Enabled && batch.Stamp.Origin == _origin && batch.Count != 0 && EventHeaderView.TryParse(batch[0], out EventHeaderView first))
        {
            _latency.Record(Math.Max(0, _clock.KtimeNs - (long)first.KtimeNs) * 1e-9, sinkName);
        }
    }

    private static InstrumentAdvice<T> Buckets<T>(T[] boundaries)
        where T : struct => new() { HistogramBucketBoundaries = boundaries };
}
