// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Threading;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Timing;

namespace Sluice.Pipeline.Batching;

/// <summary>
/// Where the samples of one reader enter the pipeline. One thread at a time calls <see cref="Append"/> and <see cref="EndOfDrain"/>;
/// the memory of a sample is the caller's again when Append returns. Allocates nothing per sample.
/// </summary>
/// <remarks>
/// When a batch is handed on: at once when it is full; at the end of a drain when a sink has nothing to do. While all sinks are busy
/// it is parked, and the next drain goes on filling it; the first sink to become idle takes it from there. So at a low rate a sample waits for
/// nothing, at a high rate batches fill by themselves, and no timer is needed.
/// <para>
/// Ownership of the batch: the reader's thread while it is in <c>_current</c>; nobody's while it is in <c>_parked</c>; whoever takes it out of
/// <c>_parked</c> then.
/// </para>
/// </remarks>
public sealed class SampleIntake : ISampleConsumer
{
    /// <summary>Held while a batch goes to the queues, so that batches of this intake arrive in order. Outside of all other locks.</summary>
    private readonly Lock _handOn = new();

    private readonly BatchPool _pool;
    private readonly SinkFanOut _fanOut;
    private readonly KtimeClock _clock;
    private readonly EventOrigin _origin;
    private readonly SampleLimit? _limit;
    private SampleBatch? _current;
    private SampleBatch? _parked;

    /// <summary>The stamp that samples brought with them; null where they are stamped when they leave. Written and read inside <see cref="_handOn"/>.</summary>
    private BatchStamp? _given;

    private long _filtered;
    private long _malformed;
    private long _oversize;

    internal SampleIntake(BatchPool pool, SinkFanOut fanOut, KtimeClock clock, EventOrigin origin, SampleLimit? limit)
    {
        _pool = pool;
        _fanOut = fanOut;
        _clock = clock;
        _origin = origin;
        _limit = limit;
    }

    /// <summary>True while a batch waits for a sink to become idle.</summary>
    internal bool HasParked => Volatile.Read(ref _parked) is not null;

    /// <summary>
    /// Takes a copy of a sample. Padding behind the size in its header is cut off. A sample that is malformed is counted as dropped for every sink.
    /// Blocks while the batch is full and a sink of policy block has no room: the back-pressure that lets the ring fill.
    /// </summary>
    public void Append(scoped ReadOnlySpan<byte> sample)
    {
        if (!EventHeaderView.TryParse(sample, out EventHeaderView view))
        {
            _malformed++;
            return;
        }

        if (_limit is not null && !_limit.TryTake())
        {
            _filtered++;
            return;
        }

        SampleBatch? batch = _current;
        if (batch is null || !batch.TryAppend(view.Sample))
        {
            AppendSlow(view.Sample);
        }
    }

    /// <summary>
    /// Says that the rings are empty for now: what has come so far may leave. To be called after every pass over the rings that brought
    /// a sample. Never blocks for a sink.
    /// </summary>
    public void EndOfDrain()
    {
        CountLeftOut();
        SampleBatch? batch = _current;
        if (batch is null)
        {
            return;
        }

        _current = null;
        // A full fence between "parked" and the look at the sinks: pairs with the Interlocked.Exchange in SinkWorker.ConsumeAsync, which sets
        // "idle" and then looks here. At least one of the two sees the other, so no batch is left with an idle sink.
        Interlocked.Exchange(ref _parked, batch);
        if (_fanOut.AnyIdle)
        {
            TryHandOnParked();
        }
    }

    /// <summary>
    /// Says what the samples from here on have in common, where they bring it with them. Hands on those before, waiting for sinks of policy block. On the
    /// reader's thread.
    /// </summary>
    internal void UseStamp(in BatchStamp stamp)
    {
        Complete();
        lock (_handOn)
        {
            _given = stamp;
        }
    }

    /// <summary>
    /// Hands on everything, waiting for sinks of policy block. For the end of a capture, when the reader has returned.
    /// </summary>
    internal void Complete()
    {
        CountLeftOut();
        SampleBatch? batch = _current;
        _current = null;
        if (batch is null)
        {
            // Inside the lock: a worker that was faster has then offered what it took. The queues are closed next and would refuse it.
            lock (_handOn)
            {
                batch = Unpark();
            }
        }

        if (batch is not null)
        {
            HandOn(batch);
        }
    }

    /// <summary>Hands on the parked batch from any thread; false when there is none or a sink would have to be waited for.</summary>
    internal bool TryHandOnParked()
    {
        if (!HasParked)
        {
            return false;
        }

        lock (_handOn)
        {
            if (!_fanOut.TakesWithoutWaiting(_pool.ArenaBytes) || Unpark() is not { } batch)
            {
                return false;
            }

            _fanOut.Offer(Seal(batch));
            return true;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AppendSlow(scoped ReadOnlySpan<byte> sample)
    {
        if (sample.Length > _pool.ArenaBytes)
        {
            _oversize++;
            return;
        }

        if (_current is { } full)
        {
            _current = null;
            HandOn(full);
        }

        SampleBatch batch = Unpark() ?? _pool.Rent();
        if (!batch.TryAppend(sample))
        {
            HandOn(batch);
            batch = _pool.Rent();
            batch.TryAppend(sample);
        }

        _current = batch;
    }

    // Pairs with the Exchange in EndOfDrain and with itself on a worker's thread: one of them gets the batch, the other null.
    private SampleBatch? Unpark() => Interlocked.Exchange(ref _parked, null);

    private void HandOn(SampleBatch batch)
    {
        // Not inside the lock: a worker that looks for parked batches must not wait for another sink.
        _fanOut.WaitForRoom(batch.CapacityBytes);
        lock (_handOn)
        {
            _fanOut.Offer(Seal(batch));
        }
    }

    private SampleBatch Seal(SampleBatch batch)
    {
        long now = _clock.KtimeNs;
        SampleBatch sealedBatch = _fanOut.AllIdle ? batch : Compact(batch);
        if (_given is { } given)
        {
            sealedBatch.Stamp = given;
            return sealedBatch;
        }

        long offset = _clock.OffsetAt(now);
        sealedBatch.Stamp = new BatchStamp(_origin, offset, now + offset);
        return sealedBatch;
    }

    /// <summary>Moves few samples to a small arena, for batches that may have to wait long in the queue of a slow sink.</summary>
    private SampleBatch Compact(SampleBatch batch)
    {
        if (_pool.ArenaBytesFor(batch.ByteCount) == batch.CapacityBytes)
        {
            return batch;
        }

        SampleBatch smaller = _pool.Rent(batch.ByteCount);
        smaller.CopyFrom(batch);
        batch.Release();
        return smaller;
    }

    private void CountLeftOut()
    {
        if ((_filtered | _malformed | _oversize) != 0)
        {
            CountLeftOutSlow();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountLeftOutSlow()
    {
        LossLedger ledger = _fanOut.Ledger;
        ledger.CountFiltered(_filtered);
        ledger.CountUnusable(DropReason.Malformed, _malformed);
        ledger.CountUnusable(DropReason.Oversize, _oversize);
        _filtered = 0;
        _malformed = 0;
        _oversize = 0;
    }
}
