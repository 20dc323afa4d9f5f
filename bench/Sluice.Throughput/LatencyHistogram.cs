// SPDX-License-Identifier: Apache-2.0
using System;
using System.Numerics;

namespace Sluice.Throughput;

/// <summary>
/// Counts durations in buckets that are 1/32 of their value wide, so a percentile is at most 3.2 % too high. Recording
/// allocates nothing. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 5;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits + 1) * SubBuckets];

    public long Count { get; private set; }

    public long MaxNs { get; private set; }

    /// <summary>Negative durations (clock reads that raced) count as zero.</summary>
    public void Record(long durationNs)
    {
        long value = Math.Max(0, durationNs);
        _counts[IndexOf(value)]++;
        Count++;
        MaxNs = Math.Max(MaxNs, value);
    }

    /// <summary>The upper bound of the bucket that holds the given share of the durations; 0 when there are none.</summary>
    public long PercentileNs(double share)
    {
        long wanted = (long)Math.Ceiling(Count * share);
        long seen = 0;
        for (int index = 0; index < _counts.Length && wanted > 0; index++)
        {
            seen += _counts[index];
            if (seen >= wanted)
            {
                return Math.Min(UpperBound(index), MaxNs);
            }
        }

        return MaxNs;
    }

    private static int IndexOf(long value)
    {
        if (value < SubBuckets)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - SubBucketBits;
        return ((shift + 1) << SubBucketBits) + (int)((value >> shift) & (SubBuckets - 1));
    }

    private static long UpperBound(int index)
    {
        if (index < SubBuckets)
        {
            return index;
        }

        int shift = (index >> SubBucketBits) - 1;
        return ((long)(SubBuckets + (index & (SubBuckets - 1)) + 1) << shift) - 1;
    }
}
