// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The counters of one sink: offered + recovered = delivered + rejected + Σ dropped + pending + spooled, at every moment. Thread-safe.
/// </summary>
/// <remarks>
/// One uncontended lock (about 20 ns) per report instead of one atomic add per counter: only so can <see cref="Close"/> settle what is
/// pending without a late acknowledgement being counted twice. Report per batch, not per sample, where that is possible.
/// </remarks>
public sealed class SinkLedger
{
    private static readonly string[] s_reasonNames = BuildReasonNames();

    /// <summary>Innermost lock: taken inside <see cref="LossLedger"/>'s, takes none itself.</summary>
    private readonly Lock _gate = new();

    private readonly long[] _dropped = new long[s_reasonNames.Length];
    private long _offered;
    private long _delivered;
    private long _rejected;
    private long _droppedTotal;
    private long _duplicates;
    private long _lateOutcomes;
    private long _recovered;
    private long _spooled;

    /// <summary>Outcomes that the sink itself reported.</summary>
    private long _settledBySink;

    private bool _detached;
    private bool _closed;
    private DropReason _closeReason;

    public SinkLedger(string name) => Name = name;

    /// <summary>The sink's <c>?name=</c>, else its URI without the query.</summary>
    public string Name { get; }

    /// <summary>Samples that the pipeline offered to the sink.</summary>
    public long Offered => Read(ref _offered);

    /// <summary>Samples that the far end has acknowledged.</summary>
    public long Delivered => Read(ref _delivered);

    /// <summary>Samples that the far end refused for good.</summary>
    public long Rejected => Read(ref _rejected);

    /// <summary>Samples sent again although the far end may have, or is known to have, what was sent before.</summary>
    public long Duplicates => Read(ref _duplicates);

    /// <summary>Outcomes reported after <see cref="Close"/>; their samples were counted as dropped by then.</summary>
    public long LateOutcomes => Read(ref _lateOutcomes);

    /// <summary>Samples dropped, all reasons together.</summary>
    public long DroppedTotal => Read(ref _droppedTotal);

    /// <summary>Samples of earlier runs that the spool held at the start.</summary>
    public long Recovered => Read(ref _recovered);

    /// <summary>Samples that lie in the spool: neither delivered nor lost.</summary>
    public long Spooled => Read(ref _spooled);

    /// <summary>Outcomes that the sink itself has reported: when they are as many as it was given, nothing is under way.</summary>
    internal long SettledBySink => Read(ref _settledBySink);

    /// <summary>Samples offered that have no outcome yet and are not in the spool.</summary>
    public long Pending
    {
        get
        {
            lock (_gate)
            {
                return PendingLocked();
            }
        }
    }

    public void AddOffered(long count)
    {
        lock (_gate)
        {
            _offered += count;
            if (_closed)
            {
                DropLocked(_closeReason, count);
            }
        }
    }

    public void AddDelivered(long count) => AddOutcome(ref _delivered, count);

    public void AddRejected(long count) => AddOutcome(ref _rejected, count);

    public void AddDuplicates(long count)
    {
        lock (_gate)
        {
            _duplicates += count;
        }
    }

    public void AddDropped(DropReason reason, long count)
    {
        lock (_gate)
        {
            if (_closed || _detached)
            {
                _lateOutcomes += count;
            }
            else
            {
                _settledBySink += count;
                DropLocked(reason, count);
            }
        }
    }

    /// <summary>
    /// Drops samples that were offered a moment ago and that the sink never saw. When the account was settled in between they are among those,
    /// and nothing more is counted: no outcome came too late here.
    /// </summary>
    internal void AddRefused(DropReason reason, long count)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                DropLocked(reason, count);
            }
        }
    }

    /// <summary>Samples of an earlier run that the spool holds at the start of this one.</summary>
    internal void AddRecovered(long count)
    {
        lock (_gate)
        {
            _recovered += count;
            _spooled += count;
        }
    }

    /// <summary>Samples that are on disk now. Nothing happens once the account is settled: they are counted there.</summary>
    internal void AddSpooled(long count)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _spooled += count;
            }
        }
    }

    /// <summary>Samples that leave the spool for the sink (or that the spool cannot give back): pending until they have an outcome.</summary>
    internal void TakeSpooled(long count)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _spooled -= count;
            }
        }
    }

    /// <summary>
    /// Says that the sink is given nothing more, and that what it has no outcome for goes into the spool or is dropped by others. Outcomes that it
    /// reports later only count as <see cref="LateOutcomes"/>.
    /// </summary>
    /// <param name="taken">Samples that the sink was given.</param>
    /// <returns>Those of them that have no outcome.</returns>
    internal long DetachSink(long taken)
    {
        lock (_gate)
        {
            _detached = true;
            return taken - _settledBySink;
        }
    }

    /// <summary>
    /// Settles the account: all that is pending, and all that is offered from now on, is dropped for <paramref name="reason"/>. Outcomes
    /// that are reported later belong to samples which are settled, so they only count as <see cref="LateOutcomes"/>.
    /// Calls after the first do nothing.
    /// </summary>
    /// <returns>Samples that were pending.</returns>
    public long Close(DropReason reason)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return 0;
            }

            long pending = PendingLocked();
            DropLocked(reason, pending);
            _closed = true;
            _closeReason = reason;
            return pending;
        }
    }

    /// <summary>Samples dropped for <paramref name="reason"/>.</summary>
    public long Dropped(DropReason reason) => Read(ref _dropped[(int)reason]);

    /// <summary>All counters at one moment.</summary>
    public SinkCounts Snapshot()
    {
        lock (_gate)
        {
            return new SinkCounts(
                Name, _offered, _delivered, _rejected, DroppedByReasonLocked(), PendingLocked(), _duplicates, _lateOutcomes, _recovered, _spooled);
        }
    }

    /// <summary>The name of a reason in ledgers and metrics, such as <c>queue_full</c>.</summary>
    public static string ReasonName(DropReason reason) => s_reasonNames[(int)reason];

    /// <summary>The reasons with a count above zero.</summary>
    public IReadOnlyDictionary<string, long> DroppedByReason()
    {
        lock (_gate)
        {
            return DroppedByReasonLocked();
        }
    }

    private static string[] BuildReasonNames() =>
        Array.ConvertAll(Enum.GetNames<DropReason>(), JsonNamingPolicy.SnakeCaseLower.ConvertName);

    private void AddOutcome(ref long counter, long count)
    {
        lock (_gate)
        {
            if (_closed || _detached)
            {
                _lateOutcomes += count;
            }
            else
            {
                _settledBySink += count;
                counter += count;
            }
        }
    }

    private long Read(ref long counter)
    {
        lock (_gate)
        {
            return counter;
        }
    }

    private long PendingLocked() => _offered + _recovered - _delivered - _rejected - _droppedTotal - _spooled;

    private void DropLocked(DropReason reason, long count)
    {
        _dropped[(int)reason] += count;
        _droppedTotal += count;
    }

    private Dictionary<string, long> DroppedByReasonLocked()
    {
        var byReason = new Dictionary<string, long>();
        for (int i = 0; i < _dropped.Length; i++)
        {
            if (_dropped[i] != 0)
            {
                byReason.Add(s_reasonNames[i], _dropped[i]);
            }
        }

        return byReason;
    }
}
