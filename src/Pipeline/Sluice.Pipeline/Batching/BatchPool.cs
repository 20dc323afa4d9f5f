// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Sluice.Pipeline.Batching;

/// <summary>Keeps the arenas of returned batches for the next reader. Thread-safe.</summary>
public sealed class BatchPool
{
    /// <summary>
    /// Bytes of an arena. A batch of 256 B payloads then holds about 600 samples: enough to pay for the hand-over
    /// between threads, small enough to stay in the L2 cache while it is encoded.
    /// </summary>
    public const int DefaultArenaBytes = 256 * 1024;

    private readonly ConcurrentBag<SampleBatch> _free = [];
    private readonly int _arenaBytes;
    private readonly int _keepAtMost;
    private int _kept;
    private int _outstanding;

    /// <param name="arenaBytes">Bytes of one arena; at least the longest sample.</param>
    /// <param name="keepAtMost">Idle arenas kept for reuse; more are left to the garbage collector.</param>
    public BatchPool(int arenaBytes = DefaultArenaBytes, int keepAtMost = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(arenaBytes);
        _arenaBytes = arenaBytes;
        _keepAtMost = keepAtMost;
    }

    /// <summary>Batches that were rented and not yet returned.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>An empty batch with one reference, owned by the caller.</summary>
    public SampleBatch Rent()
    {
        Interlocked.Increment(ref _outstanding);
        if (_free.TryTake(out SampleBatch? batch))
        {
            Interlocked.Decrement(ref _kept);
        }
        else
        {
            batch = new SampleBatch(this, _arenaBytes);
        }

        batch.Reset();
        return batch;
    }

    internal void Return(SampleBatch batch)
    {
        Interlocked.Decrement(ref _outstanding);
        if (Interlocked.Increment(ref _kept) <= _keepAtMost)
        {
            _free.Add(batch);
        }
        else
        {
            Interlocked.Decrement(ref _kept);
        }
    }
}
