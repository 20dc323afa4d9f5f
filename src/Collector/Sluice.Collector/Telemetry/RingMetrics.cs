// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using Sluice.Bpf;
using Sluice.Pipeline.Telemetry;

namespace Sluice.Collector.Telemetry;

/// <summary>How full the buffers between kernel and collector are: <c>sluice.ring.*</c>. Observed when somebody collects.</summary>
internal sealed class RingMetrics
{
    private const string RingIndex = "sluice.ring.index";

    private readonly IReadOnlyList<(string Module, IRingGauge Rings)> _readers;

    /// <param name="meters">Makes the meter.</param>
    /// <param name="readers">The reader of each module.</param>
    public RingMetrics(IMeterFactory meters, IReadOnlyList<(string Module, IRingGauge Rings)> readers)
    {
        _readers = readers;
        Meter meter = meters.Create("Sluice.Rings");
        meter.CreateObservableUpDownCounter(
            "sluice.ring.used", () => OfRings(static fill => fill.UsedBytes), MetricNames.ByteUnit, "Bytes in a ring buffer shard, or in the perf buffer of a CPU, that the reader has not freed yet.");
        meter.CreateObservableUpDownCounter(
            "sluice.ring.size", () => OfRings(static fill => fill.SizeBytes), MetricNames.ByteUnit, "Bytes of the ring buffer shard or perf buffer.");
    }

    private IEnumerable<Measurement<long>> OfRings(Func<RingFill, long> value)
    {
        foreach ((string module, IRingGauge rings) in _readers)
        {
            for (int i = 0; i < rings.RingCount; i++)
            {
                if (rings.TryReadFill(i, out RingFill fill))
                {
                    yield return new Measurement<long>(value(fill), new(MetricNames.Module, module), new(RingIndex, fill.Source));
                }
            }
        }
    }
}
