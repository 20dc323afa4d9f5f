// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>What Prometheus calls the type of a metric.</summary>
internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}
