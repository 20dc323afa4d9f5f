// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;

namespace Sluice.Collector.Hosting;

/// <summary>
/// Lets events pass at the distances at which they happened, counted from the first one, so that delays do not add up. An event that is older than one before it
/// passes at once. Not thread-safe.
/// </summary>
internal sealed class ReplayPace
{
    // The longest that one wait may be; a recording can hold days of silence.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromHours(1);

    private readonly CancellationToken _stop;
    private long? _firstUnixNs;
    private long _started;

    public ReplayPace(CancellationToken stop) => _stop = stop;

    /// <summary>How long the event has to wait; zero or less when it is due.</summary>
    public TimeSpan LeftFor(in BatchStamp stamp, ReadOnlySpan<byte> sample)
    {
        if (!EventHeaderView.TryParse(sample, out EventHeaderView header))
        {
            return TimeSpan.Zero;
        }

        long unixNs = unchecked((long)header.KtimeNs + stamp.ClockOffsetNs);
        if (_firstUnixNs is not { } first)
        {
            _firstUnixNs = unixNs;
            _started = Stopwatch.GetTimestamp();
            return TimeSpan.Zero;
        }

        return TimeSpan.FromTicks(unchecked(unixNs - first) / TimeSpan.NanosecondsPerTick) - Stopwatch.GetElapsedTime(_started);
    }

    /// <summary>Waits until the event is due; false when told to stop.</summary>
    public bool Wait(in BatchStamp stamp, ReadOnlySpan<byte> sample)
    {
        for (TimeSpan left = LeftFor(stamp, sample); left > TimeSpan.Zero; left = LeftFor(stamp, sample))
        {
            // In whole milliseconds, rounded up: an event may be a millisecond late, but none is early.
            double waitMs = Math.Ceiling(Math.Min(left.TotalMilliseconds, s_longestWait.TotalMilliseconds));
            if (_stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(waitMs)))
            {
                return false;
            }
        }

        return !_stop.IsCancellationRequested;
    }
}
