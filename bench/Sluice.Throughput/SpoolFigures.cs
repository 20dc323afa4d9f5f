// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Throughput;

/// <summary>What a spool wrote and read; printed as JSON.</summary>
internal sealed record SpoolFigures(
    double Megabytes,
    long Events,
    double WriteMegabytesPerSecond,
    double WriteCpuSeconds,
    double WriteAllocatedBytesPerEvent,
    double ReadMegabytesPerSecond,
    double ReadCpuSeconds,
    double ReadAllocatedBytesPerEvent);
