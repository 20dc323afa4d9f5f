// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;

namespace Sluice.Throughput;

/// <summary>Time, CPU time and allocations of the process.</summary>
internal readonly record struct Costs(double Seconds, double CpuSeconds, double AllocatedBytes)
{
    public static Costs Now() => new(
        Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, Environment.CpuUsage.TotalTime.TotalSeconds, GC.GetTotalAllocatedBytes(precise: true));

    public static Costs operator -(Costs left, Costs right) =>
        new(left.Seconds - right.Seconds, left.CpuSeconds - right.CpuSeconds, left.AllocatedBytes - right.AllocatedBytes);
}
