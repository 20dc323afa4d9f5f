// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Throughput;

/// <summary>What reading a topic of events gave; printed as JSON.</summary>
internal sealed record RelayFigures(
    long Events,
    long Delivered,
    double Seconds,
    double EventsPerSecond,
    double CpuSeconds,
    double AllocatedBytesPerEvent,
    long Records,
    double BytesPerEvent);
