// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using Sluice.Pipeline.Timing;
using Xunit;

namespace Sluice.Pipeline.Tests.Timing;

public sealed class KtimeClockTests
{
    [Fact]
    public void Stopwatch_OnLinux_CountsNanosecondsOfClockMonotonic()
    {
        Assert.Equal(1_000_000_000, Stopwatch.Frequency);
        // /proc/uptime is CLOCK_BOOTTIME, which equals CLOCK_MONOTONIC on a machine that was never suspended, and is never behind it.
        double uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(Stopwatch.GetTimestamp() / 1e9, 0, uptime + 1);
    }

    [Fact]
    public void OffsetAt_OfNow_GivesWallTime()
    {
        var clock = new KtimeClock();
        long ktime = clock.KtimeNs;
        DateTime mapped = DateTime.UnixEpoch.AddTicks((ktime + clock.OffsetAt(ktime)) / 100);
        Assert.InRange((DateTime.UtcNow - mapped).TotalMilliseconds, -5, 200);
    }

    [Fact]
    public void OffsetAt_WallTimeStepped_FollowsWithinASecond()
    {
        long ktime = 0;
        long unix = 1_000_000;
        var clock = new KtimeClock(() => ktime, () => unix);
        unix = 5_000_000;
        Assert.Equal(1_000_000, clock.OffsetAt(KtimeClock.RefreshNs - 1));
        Assert.Equal(5_000_000, clock.OffsetAt(KtimeClock.RefreshNs));
    }

    [Fact]
    public void Measure_OnePairInterrupted_TakesTheTightest()
    {
        // Reads of the monotonic clock: constructor, then (before, after) of five pairs. Only the third pair is tight.
        long[] monotonic = [0, 0, 900, 1000, 1500, 2000, 2010, 3000, 3400, 4000, 4900];
        long[] unix = [90_000, 90_000, 70_005, 90_000, 90_000];
        int nextMonotonic = 0;
        int nextUnix = 0;
        var clock = new KtimeClock(() => monotonic[nextMonotonic++], () => unix[nextUnix++]);
        Assert.Equal(70_005 - 2_005, clock.OffsetAt(0));
    }

    [Fact]
    public void OffsetAt_RefreshDue_AllocatesNothing()
    {
        var clock = new KtimeClock();
        clock.OffsetAt(clock.KtimeNs + KtimeClock.RefreshNs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        clock.OffsetAt(clock.KtimeNs + (3 * KtimeClock.RefreshNs));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
