// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The way of a sink's batches when its policy is <see cref="OverflowPolicy.Spool"/>: the memory queue while that has room, else the disk, in one order:
/// <code>
/// readers ─▶ memory queue ─────────────────────────────▶ worker ─▶ sink        until the queue is full
/// readers ─▶ to disk ─▶ thread ─▶ spool ─▶ read ahead ─▶ worker ─▶ sink        from then on, until all of that is empty again
/// </code>
/// </summary>
/// <remarks>
/// What the sink was given is <em>unsettled</em> until it has an outcome: batches from memory are still held, batches from the spool still on disk. Sinks
/// report outcomes by number, from many threads and in any order, so a single batch's end cannot be seen; that all of them have an outcome can: at
/// once where reported outcomes are as many as samples were given, else by a flush of the sink. That costs the sink one pause in 32 MiB, and asks nothing
/// new of it. Unsettled are either batches from memory or such from the spool, never both: the worker flushes in between.
/// <para>When the sink is given nothing more (its time is over, it failed), what it left goes to the head of the spool: what came last first, so that
/// order holds wherever that is cut off. It does not need the worker for that, which may hang in the sink.</para>
/// <para>Ownership: one reference for every place a batch is in: to disk, returned, unsettled, read ahead.</para>
/// </remarks>
internal sealed partial class SpoolLane
{
    /// <summary>Given to the sink and not settled: what a crash of ours sends twice, and what a flush's pause is spread over.</summary>
    private const long MaxUnsettledBytes = 32L << 20;

    /// <summary>The same as a time, for a slow sink.</summary>
    private const long MaxUnsettledMs = 1_000;

    /// <summary>Batches read ahead, at most 256 KiB each: the worker never waits for the disk, and a crash can only count so many as sent that were not.</summary>
    private const int ReadAheadBatches = 16;

    /// <summary>No batch has it: wakes the worker to look again.</summary>
    private const long NudgeId = long.MinValue;

    /// <summary>Guards all that follows. Outside of the queue's and the ledger's locks, inside of the intakes'.</summary>
    private readonly object _gate = new();

    private readonly SinkQueue _memory;
    private readonly IBatchSpool _store;
    private readonly SinkLedger _ledger;
    private readonly BatchPool _pool;
    private readonly ILogger _logger;
    private readonly bool _dropsWhenFull;
    private readonly long _maxToDiskBytes;
    private readonly long _maxUnsettledBytes;

    /// <summary>Written by the thread, read by the worker, or by the thread once the worker gets nothing more.</summary>
    private readonly Channel<SpooledBatch> _readAhead;

    private readonly Queue<SampleBatch> _toDisk = new();
    private readonly Queue<SampleBatch> _returned = new();
    private readonly List<SampleBatch> _unsettled = [];
    private long _toDiskBytes;
    private long _toDiskSinceMs;
    private bool _spilling;
    private bool _isClosed;
    private DropReason _closeReason;
    private bool _sinkIsGone;
    private bool _isAbandoned;
    private bool _workerWaits;

    /// <summary>The worker is done with memory. Nothing is read before: what was read counts as sent after a crash.</summary>
    private bool _diskIsWanted;

    /// <summary>Batches on disk behind the reading position.</summary>
    private long _unread;

    private bool _isWriting;
    private long _taken;
    private long _unsettledBytes;
    private long _unsettledEvents;
    private long _unsettledSinceMs;
    private bool _unsettledAreOnDisk;
    private long _lastTakenId = NudgeId;
    private long _settledId = NudgeId;
    private long _resent;

    /// <param name="memory">The queue in front; its options name the spool.</param>
    /// <param name="options">Those of <paramref name="memory"/>.</param>
    /// <param name="ledger">The sink's.</param>
    /// <param name="pool">For what is read back.</param>
    /// <param name="logger">Told when the spool is used, full, damaged.</param>
    public SpoolLane(SinkQueue memory, SinkQueueOptions options, SinkLedger ledger, BatchPool pool, ILogger logger)
    {
        _memory = memory;
        _store = options.Spool!;
        _dropsWhenFull = options.DropsWhenSpoolIsFull;
        _maxToDiskBytes = options.MaxBytes / 2;
        _maxUnsettledBytes = Math.Min(MaxUnsettledBytes, options.MaxBytes / 2);
        _ledger = ledger;
        _pool = pool;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "sluice-spool" };
        _readAhead = Channel.CreateBounded<SpooledBatch>(new BoundedChannelOptions(ReadAheadBatches + 1)
        {
            FullMode = BoundedChannelFullMode.Wait,
            SingleReader = false,
            SingleWriter = true,
            AllowSynchronousContinuations = false,
        });
    }

    /// <summary>
    /// True when the next batch is on disk: it is in use, and memory has none. Asked in one step, because memory may have got a batch, and the disk the one
    /// behind it, since the worker looked.
    /// </summary>
    public bool IsDiskNext
    {
        get
        {
            lock (_gate)
            {
                return _spilling && _returned.Count == 0 && _memory.QueuedBytes == 0;
            }
        }
    }

    /// <summary>True when nothing is left to read; what waits to be written may be given back then (<see cref="TryLeaveDisk"/>).</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return IsDrainedLocked();
            }
        }
    }

    /// <summary>True while samples that the sink was given may lack their outcome.</summary>
    public bool HasUnsettled
    {
        get
        {
            lock (_gate)
            {
                return _unsettledEvents != 0;
            }
        }
    }

    /// <summary>True when what the sink was given last came from disk.</summary>
    public bool IsReadingDisk
    {
        get
        {
            lock (_gate)
            {
                return _unsettledAreOnDisk;
            }
        }
    }

    /// <summary>Throws when the worker will get nothing more although its time is not over: the lane's thread has died.</summary>
    /// <exception cref="SinkException">It has.</exception>
    public void ThrowIfGone()
    {
        lock (_gate)
        {
            if (_sinkIsGone)
            {
                throw new SinkException($"Sink '{_ledger.Name}': its spool failed unexpectedly; see the messages before.");
            }
        }
    }

    /// <summary>Opens the spool; what it holds from earlier runs is delivered first.</summary>
    /// <exception cref="SinkException">It cannot be used.</exception>
    public void Open()
    {
        SpoolContent content = _store.Open();
        _resent = content.Resent;
        if (content.Batches != 0)
        {
            _unread = content.Batches;
            _spilling = true;
            _ledger.AddRecovered(content.Events);
            _logger.SpoolRecovered(_ledger.Name, content.Events, content.Batches);
        }
    }

    public void Start()
    {
        _isStarted = true;
        _thread.Start();
    }

    /// <summary>True when <see cref="WaitForRoom"/> would return at once.</summary>
    public bool TakesWithoutWaiting(int bytes)
    {
        lock (_gate)
        {
            return TakesWithoutWaitingLocked(bytes);
        }
    }

    /// <summary>Waits until a batch fits, or the lane is closed. When a full spool drops: returns at once.</summary>
    public void WaitForRoom(int bytes)
    {
        lock (_gate)
        {
            while (!TakesWithoutWaitingLocked(bytes))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Takes a batch, and a reference to it; never waits.</summary>
    /// <param name="batch">The batch; the caller keeps its own reference.</param>
    /// <param name="refusal">Why it was refused.</param>
    public bool TryEnqueue(SampleBatch batch, out DropReason refusal)
    {
        lock (_gate)
        {
            refusal = _isClosed ? _closeReason : DropReason.SpoolFull;
            if (_isClosed)
            {
                return false;
            }

            if (!_spilling && _memory.TryEnqueue(batch, out _))
            {
                return true;
            }

            if (_dropsWhenFull && !HasRoomLocked(batch.CapacityBytes))
            {
                return false;
            }

            EnqueueForDiskLocked(batch);
            return true;
        }
    }

    /// <summary>Takes nothing more from the readers, and lets those go that wait. Calls after the first do nothing.</summary>
    public void Close(DropReason reason)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _isClosed = true;
                _closeReason = reason;
                Monitor.PulseAll(_gate);
            }
        }

        _memory.Close(reason);
    }

    /// <summary>The next batch from memory, whose reference is the caller's; the lane holds another one until it is settled.</summary>
    public SampleBatch? TryTakeFromMemory()
    {
        lock (_gate)
        {
            if (_sinkIsGone || (!_returned.TryDequeue(out SampleBatch? batch) && (batch = _memory.TryDequeue()) is null))
            {
                return null;
            }

            batch.AddReference();
            _unsettled.Add(batch);
            CountTakenLocked(batch);
            _unsettledAreOnDisk = false;
            if (!_spilling)
            {
                // Readers that wait look at the memory queue's room, of which there is more now.
                Monitor.PulseAll(_gate);
            }

            return batch;
        }
    }

    /// <summary>The next batch from disk, whose reference is the caller's; without one it was damaged and is counted. Memory must be settled.</summary>
    public bool TryTakeFromDisk(out SpooledBatch row)
    {
        lock (_gate)
        {
            row = default;
            _diskIsWanted = true;
            if (_sinkIsGone || !_readAhead.Reader.TryRead(out row))
            {
                return false;
            }

            if (row.Id != NudgeId)
            {
                CountTakenFromDiskLocked(row);
            }

            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>Waits until there is something to read. Ends also when there will not be, for whatever reason.</summary>
    public async ValueTask WaitForRowsAsync()
    {
        lock (_gate)
        {
            _workerWaits = true;
            Monitor.PulseAll(_gate);
        }

        await _readAhead.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            _workerWaits = false;
        }
    }

    /// <summary>To be called after each batch that the sink took: true when it is time to flush the sink.</summary>
    public bool IsTimeToFlush()
    {
        lock (_gate)
        {
            if (_sinkIsGone)
            {
                return false;
            }

            if (_ledger.SettledBySink == _taken)
            {
                SettleLocked();
                return false;
            }

            return _unsettledBytes >= _maxUnsettledBytes
                || (_unsettledAreOnDisk && Environment.TickCount64 - _unsettledSinceMs >= MaxUnsettledMs);
        }
    }

    /// <summary>The sink was flushed: all that it was given has its outcome.</summary>
    public void Settle()
    {
        lock (_gate)
        {
            if (!_sinkIsGone)
            {
                SettleLocked();
            }
        }
    }

    /// <summary>Goes back to memory when nothing is left on disk; what waits to be written comes back, too. Everything must be settled.</summary>
    public bool TryLeaveDisk()
    {
        lock (_gate)
        {
            if (_sinkIsGone || _unsettledEvents != 0 || !IsDrainedLocked())
            {
                return false;
            }

            while (_toDisk.TryDequeue(out SampleBatch? batch))
            {
                _returned.Enqueue(batch);
            }

            _toDiskBytes = 0;
            _diskIsWanted = false;
            _spilling = false;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    /// <summary>The sink is given nothing more; what it left without an outcome goes to the spool. Never waits. Calls after the first do nothing.</summary>
    public void GiveUpSink()
    {
        lock (_gate)
        {
            if (!_sinkIsGone)
            {
                _sinkIsGone = true;
                _spilling = true;
                Monitor.PulseAll(_gate);
            }
        }

        _readAhead.Writer.TryComplete();
    }

    /// <summary>The time is over: what is not on disk yet is let go.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _isAbandoned = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool IsDrainedLocked() => _unread == 0 && !_isWriting && _readAhead.Reader.Count == 0;

    private bool HasRoomLocked(int bytes) => _toDiskBytes == 0 || _toDiskBytes + bytes <= _maxToDiskBytes;

    private bool TakesWithoutWaitingLocked(int bytes) =>
        _dropsWhenFull || _isClosed || HasRoomLocked(bytes) || (!_spilling && _memory.HasRoom(bytes));

    private void EnqueueForDiskLocked(SampleBatch batch)
    {
        if (!_spilling)
        {
            _spilling = true;
            _logger.SpoolUsed(_ledger.Name);
        }

        if (_toDisk.Count == 0)
        {
            _toDiskSinceMs = Environment.TickCount64;
        }

        batch.AddReference();
        _toDisk.Enqueue(batch);
        _toDiskBytes += batch.CapacityBytes;
        Monitor.PulseAll(_gate);
    }

    private void CountTakenLocked(SampleBatch batch)
    {
        if (_unsettledEvents == 0)
        {
            _unsettledSinceMs = Environment.TickCount64;
        }

        _taken += batch.Count;
        _unsettledEvents += batch.Count;
        _unsettledBytes += batch.CapacityBytes;
    }

    private void CountTakenFromDiskLocked(SpooledBatch row)
    {
        Debug.Assert(_unsettled.Count == 0, "Memory is settled before the disk is read.");
        long again = Math.Min(_resent, row.Events);
        _resent -= again;
        _lastTakenId = row.Id;
        _ledger.TakeSpooled(row.Events);
        if (row.Batch is null)
        {
            _ledger.AddRefused(DropReason.SpoolDamaged, row.Events);
            return;
        }

        _ledger.AddDuplicates(again);
        CountTakenLocked(row.Batch);
        _unsettledAreOnDisk = true;
    }

    private void SettleLocked()
    {
        foreach (SampleBatch batch in _unsettled)
        {
            batch.Release();
        }

        _unsettled.Clear();
        _unsettledBytes = 0;
        _unsettledEvents = 0;
        if (_settledId != _lastTakenId)
        {
            _settledId = _lastTakenId;
            Monitor.PulseAll(_gate);
        }
    }
}
