// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Telemetry;

/// <summary>The queues in front of the sinks, and whether the sinks take anything at all. Observed when somebody collects.</summary>
internal sealed class QueueMetrics
{
    private readonly SinkWorker[] _workers;
    private readonly KeyValuePair<string, object?>[] _names;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="workers">The sinks' workers.</param>
    public QueueMetrics(IMeterFactory meters, SinkWorker[] workers)
    {
        _workers = workers;
        _names = Array.ConvertAll(workers, static worker => new KeyValuePair<string, object?>(MetricNames.SinkName, worker.Sink.Ledger.Name));
        Meter meter = meters.Create("Sluice.Queues");
        meter.CreateObservableUpDownCounter(
            "sluice.sink.queue.bytes", () => OfWorkers(static worker => worker.Queue.QueuedBytes), MetricNames.ByteUnit, "Memory of the batches that wait in the sink's queue.");
        meter.CreateObservableUpDownCounter(
            "sluice.sink.queue.limit", () => OfWorkers(static worker => worker.Queue.MaxBytes), MetricNames.ByteUnit, "Bytes that the sink's queue may hold (queue-bytes).");
        meter.CreateObservableGauge(
            "sluice.sink.up", () => OfWorkers(static worker => worker.Failure is null ? 1 : 0), description: "1 while the sink takes events, 0 once it has failed.");
    }

    private IEnumerable<Measurement<long>> OfWorkers(Func<SinkWorker, long> value)
    {
        for (int i = 0; i < _workers.Length; i++)
        {
            yield return new Measurement<long>(value(_workers[i]), _names[i]);
        }
    }
}
