// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The counters of one sink: offered = delivered + rejected + Σ dropped + pending, at every moment. Thread-safe.
/// </summary>
public sealed class SinkLedger
{
    private static readonly string[] s_reasonNames = BuildReasonNames();

    private readonly long[] _dropped = new long[s_reasonNames.Length];
    private long _offered;
    private long _delivered;
    private long _rejected;
    private long _duplicates;

    public SinkLedger(string name) => Name = name;

    /// <summary>The sink's <c>?name=</c>, else its URI without the query.</summary>
    public string Name { get; }

    /// <summary>Samples that the pipeline offered to the sink.</summary>
    public long Offered => Volatile.Read(ref _offered);

    /// <summary>Samples that the far end has acknowledged.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <summary>Samples that the far end refused for good.</summary>
    public long Rejected => Volatile.Read(ref _rejected);

    /// <summary>Samples known to have been delivered more than once.</summary>
    public long Duplicates => Volatile.Read(ref _duplicates);

    /// <summary>Samples offered that have no outcome yet.</summary>
    public long Pending => Offered - Delivered - Rejected - DroppedTotal;

    /// <summary>Samples dropped, all reasons together.</summary>
    public long DroppedTotal
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _dropped.Length; i++)
            {
                sum += Volatile.Read(ref _dropped[i]);
            }

            return sum;
        }
    }

    public void AddOffered(long count) => Interlocked.Add(ref _offered, count);

    public void AddDelivered(long count) => Interlocked.Add(ref _delivered, count);

    public void AddRejected(long count) => Interlocked.Add(ref _rejected, count);

    public void AddDuplicates(long count) => Interlocked.Add(ref _duplicates, count);

    public void AddDropped(DropReason reason, long count) => Interlocked.Add(ref _dropped[(int)reason], count);

    /// <summary>Samples dropped for <paramref name="reason"/>.</summary>
    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[(int)reason]);

    /// <summary>The name of a reason in ledgers and metrics, such as <c>queue_full</c>.</summary>
    public static string ReasonName(DropReason reason) => s_reasonNames[(int)reason];

    /// <summary>The reasons with a count above zero.</summary>
    public IReadOnlyDictionary<string, long> DroppedByReason()
    {
        var byReason = new Dictionary<string, long>();
        for (int i = 0; i < _dropped.Length; i++)
        {
            long count = Volatile.Read(ref _dropped[i]);
            if (count != 0)
            {
                byReason.Add(s_reasonNames[i], count);
            }
        }

        return byReason;
    }

    private static string[] BuildReasonNames() =>
        Array.ConvertAll(Enum.GetNames<DropReason>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);
}
