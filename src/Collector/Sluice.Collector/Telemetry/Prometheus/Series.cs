// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Collector.Telemetry.Prometheus;

/// <summary>The numbers of one metric for one set of attributes. Not thread-safe: its metric's lock guards it.</summary>
internal sealed class Series
{
    private readonly KeyValuePair<string, object?>[] _tags;

    /// <param name="tags">The attributes; copied.</param>
    /// <param name="buckets">Buckets of a histogram, the one without a limit included; 0 for others.</param>
    public Series(ReadOnlySpan<KeyValuePair<string, object?>> tags, int buckets)
    {
        _tags = tags.ToArray();
        BucketCounts = new long[buckets];
    }

    public IReadOnlyList<KeyValuePair<string, object?>> Tags => _tags;

    /// <summary>Values by bucket, not cumulated.</summary>
    public long[] BucketCounts { get; }

    /// <summary>Sum of a histogram, else the value.</summary>
    public double Value { get; set; }

    /// <summary>Collection in which an observed series was seen last.</summary>
    public long SeenIn { get; set; }

    /// <summary>Whether these are its attributes. In the same order: they come from the same line of code. Allocates nothing for strings and cached objects.</summary>
    public bool Has(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length != _tags.Length)
        {
            return false;
        }

        for (int i = 0; i < tags.Length; i++)
        {
            if (tags[i].Key != _tags[i].Key || !Equals(tags[i].Value, _tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }
}
