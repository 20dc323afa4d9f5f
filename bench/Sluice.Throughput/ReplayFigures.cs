// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Throughput;

/// <summary>What feeding ready-made samples to a sink gave; printed as JSON.</summary>
internal sealed record ReplayFigures(
    long Records, long Acknowledged, double Seconds, double RecordsPerSecond, double CpuSeconds, double AllocatedBytesPerEvent);
