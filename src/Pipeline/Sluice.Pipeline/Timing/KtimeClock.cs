// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;

namespace Sluice.Pipeline.Timing;

/// <summary>
/// Maps the kernel's <c>bpf_ktime_get_ns</c> (CLOCK_MONOTONIC) to wall time. Thread-safe and cheap: at most one caller a second measures.
/// </summary>
/// <remarks>
/// On Linux <see cref="Stopwatch"/> reads CLOCK_MONOTONIC in nanoseconds, so the runtime's own clocks are enough. The offset is measured again
/// at least every second because wall time is slewed and stepped (NTP, a suspended machine) and CLOCK_MONOTONIC is not stepped.
/// </remarks>
public sealed class KtimeClock
{
    /// <summary>Age at which an offset is measured again. NTP slews by at most 500 ppm: the error stays below 0.5 ms a second.</summary>
    public const long RefreshNs = 1_000_000_000;

    // A pair that is interrupted between its two reads is wide; of five one is nearly always below a microsecond.
    private const int ReadPairs = 5;

    private readonly Func<long> _monotonicNs;
    private readonly Func<long> _unixNs;
    private long _offsetNs;
    private long _measuredAtNs;

    public KtimeClock()
        : this(static () => Stopwatch.GetTimestamp(), static () => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100)
    {
        if (Stopwatch.Frequency != 1_000_000_000)
        {
            throw new PlatformNotSupportedException("The runtime's monotonic clock does not count nanoseconds; only Linux is supported.");
        }
    }

    /// <summary>With other clocks, for tests.</summary>
    internal KtimeClock(Func<long> monotonicNs, Func<long> unixNs)
    {
        _monotonicNs = monotonicNs;
        _unixNs = unixNs;
        _measuredAtNs = monotonicNs();
        _offsetNs = Measure();
    }

    /// <summary>CLOCK_MONOTONIC now, the time base of the samples.</summary>
    public long KtimeNs => _monotonicNs();

    /// <summary>What to add to a ktime to have nanoseconds since the Unix epoch; measured again when older than a second.</summary>
    public long OffsetAt(long ktimeNs)
    {
        long measuredAt = Volatile.Read(ref _measuredAtNs);
        // Pairs with the CompareExchange of another caller: whoever moves the time of the measurement forward does the measuring,
        // the others go on with the offset that was good until a moment ago.
        if (ktimeNs - measuredAt >= RefreshNs && Interlocked.CompareExchange(ref _measuredAtNs, ktimeNs, measuredAt) == measuredAt)
        {
            // Pairs with the Volatile.Read below.
            Volatile.Write(ref _offsetNs, Measure());
        }

        return Volatile.Read(ref _offsetNs);
    }

    private long Measure()
    {
        long tightest = long.MaxValue;
        long offset = 0;
        for (int i = 0; i < ReadPairs; i++)
        {
            long before = _monotonicNs();
            long unix = _unixNs();
            long width = _monotonicNs() - before;
            if (width < tightest)
            {
                tightest = width;
                offset = unix - (before + (width / 2));
            }
        }

        return offset;
    }
}
