// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>What becomes of the batches in memory when the sink is given nothing more. On the lane's thread.</summary>
internal sealed partial class SpoolLane
{
    private void SettleSink()
    {
        _sinkIsSettled = true;
        List<SampleBatch> left = [];
        long given;
        long open;
        int ofSink;
        lock (_gate)
        {
            given = _unsettledEvents;
            open = Math.Min(_ledger.DetachSink(_taken), given);
            ReleaseReadAheadLocked();
            if (_unsettledAreOnDisk)
            {
                // They lie there still; what had an outcome is sent again as well, because nobody knows which of them had.
                _ledger.AddSpooled(open);
                _resent += given - open;
                given = 0;
            }

            left.AddRange(_unsettled);
            ofSink = left.Count;
            _unsettled.Clear();
            left.AddRange(_returned);
            _returned.Clear();
            while (_memory.TryDequeue() is { } batch)
            {
                left.Add(batch);
            }
        }

        long kept = PrependFromTheEnd(left, ofSink);
        if (given != 0)
        {
            long dropped = Math.Min(open, given - kept);
            _ledger.AddRefused(DropReason.SpoolFull, dropped);
            _ledger.AddSpooled(open - dropped);
            _resent += Math.Max(0, kept - (open - dropped));
        }
    }

    /// <summary>Puts the batches before all others, the last ones first; counts those that the sink was not given.</summary>
    /// <returns>Samples kept of those that it was given: the first <paramref name="ofSink"/> batches.</returns>
    private long PrependFromTheEnd(List<SampleBatch> batches, int ofSink)
    {
        long keptOfSink = 0;
        int end = batches.Count;
        while (end > 0)
        {
            int start = StartOfGroup(batches, end, end > ofSink ? ofSink : 0);
            _group.Clear();
            _group.AddRange(batches[start..end]);
            long events = 0;
            foreach (SampleBatch batch in _group)
            {
                events += batch.Count;
            }

            SpoolProblem? problem = IsAbandoned() ? new SpoolProblem("the time is over") : _store.TryPrepend(_group);
            keptOfSink += CountPrepended(problem, events, isOfSink: end <= ofSink);
            _group.ForEach(static batch => batch.Release());
            end = start;
        }

        return keptOfSink;
    }

    private static int StartOfGroup(List<SampleBatch> batches, int end, int notBefore)
    {
        long bytes = 0;
        int start = end;
        while (start > notBefore && (start == end || bytes + batches[start - 1].ByteCount <= GroupBytes))
        {
            bytes += batches[--start].ByteCount;
        }

        return start;
    }

    private long CountPrepended(SpoolProblem? problem, long events, bool isOfSink)
    {
        if (problem is not null && !_isFull && !IsAbandoned())
        {
            _isFull = true;
            _logger.SpoolFull(_ledger.Name, problem.Message);
        }

        if (isOfSink)
        {
            return problem is null ? events : 0;
        }

        if (problem is null)
        {
            _ledger.AddSpooled(events);
        }
        else if (!IsAbandoned())
        {
            _ledger.AddRefused(DropReason.SpoolFull, events);
        }

        return 0;
    }

    private bool IsAbandoned()
    {
        lock (_gate)
        {
            return _isAbandoned;
        }
    }

    private void ReleaseReadAheadLocked()
    {
        while (_readAhead.Reader.TryRead(out SpooledBatch row))
        {
            row.Batch?.Release();
        }
    }

    /// <summary>Gives back what is still held; its samples are settled when the ledger is.</summary>
    private void LetGo()
    {
        lock (_gate)
        {
            ReleaseReadAheadLocked();
            foreach (SampleBatch batch in _toDisk)
            {
                batch.Release();
            }

            foreach (SampleBatch batch in _returned)
            {
                batch.Release();
            }

            foreach (SampleBatch batch in _unsettled)
            {
                batch.Release();
            }

            _toDisk.Clear();
            _returned.Clear();
            _unsettled.Clear();
            while (_memory.TryDequeue() is { } batch)
            {
                batch.Release();
            }
        }
    }
}
