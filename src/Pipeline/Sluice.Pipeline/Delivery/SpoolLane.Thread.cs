// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>The thread that alone uses the spool: writes what waits, deletes what is settled, reads ahead.</summary>
internal sealed partial class SpoolLane
{
    /// <summary>Written in one transaction at most: some 50 ms of a disk that does 150 MB/s.</summary>
    private const long GroupBytes = 8L << 20;

    /// <summary>From here on a transaction is worth it at once.</summary>
    private const long WorthwhileBytes = 256L << 10;

    /// <summary>How long less than that may wait for more. Each transaction costs two pages of 32 KiB, however small it is.</summary>
    private const long GroupDelayMs = 100;

    /// <summary>How long settled batches may wait to be deleted together; a crash sends them again.</summary>
    private const long RemoveDelayMs = 100;

    /// <summary>What a power cut may cost of what was written; a death of the process costs nothing.</summary>
    private const long SyncIntervalMs = 500;

    private const long RetryMs = 250;

    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SampleBatch> _group = [];
    private readonly List<SpooledBatch> _rows = [];
    private bool _isStarted;

    // The thread's own.
    private bool _sinkIsSettled;
    private bool _isFull;
    private long _retryAtMs;
    private long _removedId = NudgeId;
    private long _removeSinceMs;
    private bool _isUnsynced;
    private long _syncedAtMs;

    private enum Work
    {
        None,
        Any,
        SettleSink,
        End,
    }

    /// <summary>Ends when everything is on disk or counted as dropped, and the spool is closed; never faults.</summary>
    public Task Completion => _isStarted ? _ended.Task : Task.CompletedTask;

    /// <summary>Closes the spool of a lane that was never started.</summary>
    public void CloseUnstarted()
    {
        _store.Close(_resent);
        _store.Dispose();
    }

    private void Run()
    {
        try
        {
            while (RunOnce())
            {
            }
        }
        catch (Exception e)
        {
            _logger.SpoolBroken(_ledger.Name, e);
            GiveUpSink();
            Close(DropReason.SinkFailed);
        }
        finally
        {
            LetGo();
            CloseStore();
            _ended.TrySetResult();
        }
    }

    /// <summary>One pass over everything there is to do; false at the end.</summary>
    private bool RunOnce()
    {
        long removeId;
        bool isTimeToRemove;
        Work work;
        lock (_gate)
        {
            while ((work = NextWorkLocked(Environment.TickCount64)) == Work.None)
            {
                Monitor.Wait(_gate, WaitMsLocked());
            }

            CollectGroupLocked(Environment.TickCount64);
            removeId = _settledId;
            isTimeToRemove = IsTimeToRemoveLocked(Environment.TickCount64);
        }

        switch (work)
        {
            case Work.End:
                return false;
            case Work.SettleSink:
                Remove(removeId);
                SettleSink();
                return true;
        }

        WriteGroup();
        if (isTimeToRemove)
        {
            Remove(removeId);
        }

        ReadAhead();
        SyncIfDue();
        Nudge();
        return true;
    }

    private Work NextWorkLocked(long nowMs)
    {
        if (_isAbandoned)
        {
            return Work.End;
        }

        if (_sinkIsGone && !_sinkIsSettled)
        {
            return Work.SettleSink;
        }

        if (_isClosed && _sinkIsGone && _toDisk.Count == 0)
        {
            return Work.End;
        }

        bool any = IsTimeToWriteLocked(nowMs) || IsTimeToReadLocked() || IsTimeToRemoveLocked(nowMs) || IsTimeToSync(nowMs)
            || (_workerWaits && IsDrainedLocked());
        return any ? Work.Any : Work.None;
    }

    private bool IsTimeToWriteLocked(long nowMs) =>
        _toDisk.Count != 0 && nowMs >= _retryAtMs
        && (_toDiskBytes >= WorthwhileBytes || _toDiskBytes >= _maxToDiskBytes / 2 || _isClosed || _sinkIsGone || nowMs - _toDiskSinceMs >= GroupDelayMs);

    private bool IsTimeToReadLocked() => _unread != 0 && _diskIsWanted && !_sinkIsGone && _readAhead.Reader.Count <= ReadAheadBatches / 2;

    private bool IsTimeToRemoveLocked(long nowMs)
    {
        if (_settledId == _removedId)
        {
            _removeSinceMs = 0;
            return false;
        }

        if (_removeSinceMs == 0)
        {
            _removeSinceMs = nowMs;
        }

        return nowMs - _removeSinceMs >= RemoveDelayMs || _isFull;
    }

    private bool IsTimeToSync(long nowMs) => _isUnsynced && nowMs - _syncedAtMs >= SyncIntervalMs;

    private int WaitMsLocked() =>
        _toDisk.Count != 0 || _settledId != _removedId || _isUnsynced ? (int)GroupDelayMs / 2 : Timeout.Infinite;

    /// <summary>They stay in the queue until they are written, so that nothing is nowhere.</summary>
    private void CollectGroupLocked(long nowMs)
    {
        _group.Clear();
        if (!IsTimeToWriteLocked(nowMs))
        {
            return;
        }

        long bytes = 0;
        foreach (SampleBatch batch in _toDisk)
        {
            _group.Add(batch);
            bytes += batch.ByteCount;
            if (bytes >= GroupBytes)
            {
                break;
            }
        }

        _isWriting = true;
    }

    private void WriteGroup()
    {
        if (_group.Count == 0)
        {
            return;
        }

        SpoolProblem? problem = _store.TryAppend(_group);
        if (problem is not null && _group.Count > 1)
        {
            // One by one, so that the last room is used.
            _group.RemoveRange(1, _group.Count - 1);
            problem = _store.TryAppend(_group);
        }

        if (problem is null)
        {
            NoteWritten();
        }
        else
        {
            NoteFull(problem);
        }
    }

    private void NoteWritten()
    {
        if (_isFull)
        {
            _isFull = false;
            _logger.SpoolHasRoom(_ledger.Name);
        }

        if (!_isUnsynced)
        {
            _isUnsynced = true;
            _syncedAtMs = Environment.TickCount64;
        }

        lock (_gate)
        {
            _unread += _group.Count;
            _ledger.AddSpooled(DequeueGroupLocked());
            _isWriting = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void NoteFull(SpoolProblem problem)
    {
        if (!_isFull)
        {
            _isFull = true;
            _logger.SpoolFull(_ledger.Name, problem.Message);
        }

        lock (_gate)
        {
            _isWriting = false;
            if (_dropsWhenFull || (_isClosed && _sinkIsGone))
            {
                _ledger.AddRefused(DropReason.SpoolFull, DequeueGroupLocked());
                Monitor.PulseAll(_gate);
            }
            else
            {
                _retryAtMs = Environment.TickCount64 + RetryMs;
            }
        }
    }

    /// <summary>Takes the group out of the queue; returns how many samples it has.</summary>
    private long DequeueGroupLocked()
    {
        long events = 0;
        for (int i = 0; i < _group.Count; i++)
        {
            SampleBatch batch = _toDisk.Dequeue();
            _toDiskBytes -= batch.CapacityBytes;
            events += batch.Count;
            batch.Release();
        }

        _toDiskSinceMs = Environment.TickCount64;
        return events;
    }

    private void Remove(long throughId)
    {
        if (throughId != _removedId)
        {
            _store.Remove(throughId);
            _removedId = throughId;
            _removeSinceMs = 0;
            _retryAtMs = 0;
        }
    }

    private void ReadAhead()
    {
        lock (_gate)
        {
            if (!IsTimeToReadLocked())
            {
                return;
            }
        }

        _rows.Clear();
        _store.Read(_pool, _rows, ReadAheadBatches / 2);

        lock (_gate)
        {
            _unread = _rows.Count == 0 ? 0 : _unread - _rows.Count;
            foreach (SpooledBatch row in _rows)
            {
                // There is room, as this is the only writer. It is closed when the sink was given up a moment ago: the batch stays on disk.
                if (!_readAhead.Writer.TryWrite(row))
                {
                    row.Batch?.Release();
                }
            }
        }
    }

    private void SyncIfDue()
    {
        if (IsTimeToSync(Environment.TickCount64))
        {
            _store.Sync();
            _isUnsynced = false;
        }
    }

    /// <summary>Lets the worker look again when it waits for what will not come.</summary>
    private void Nudge()
    {
        lock (_gate)
        {
            if (_workerWaits && IsDrainedLocked())
            {
                _workerWaits = false;
                _readAhead.Writer.TryWrite(new SpooledBatch(NudgeId, 0, null));
            }
        }
    }

    private void CloseStore()
    {
        try
        {
            _store.Close(_sinkIsSettled ? _resent : null);
            _store.Dispose();
        }
        catch (Exception e)
        {
            _logger.SpoolBroken(_ledger.Name, e);
        }
    }
}
