// SPDX-License-Identifier: Apache-2.0
using System;
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

    /// <summary>
    /// Idle arenas of each size that are kept: as many as the queue of one sink holds by default (64 MiB), because a burst fills it again and
    /// again. What is not used for a second is given up by <see cref="TrimIdle"/>.
    /// </summary>
    public const int DefaultKeepAtMost = 256;

    /// <summary>
    /// Bytes of the smallest arena. A batch that has to wait in a queue with little in it is moved to an arena of its size, so that
    /// the bytes a queue counts are close to the bytes of its samples even if they came one by one.
    /// </summary>
    public const int SmallestArenaBytes = 4 * 1024;

    private const int MiddleArenaBytes = 32 * 1024;

    private readonly int[] _arenaBytes;
    private readonly IdleBatches[] _idle;
    private int _outstanding;

    /// <param name="arenaBytes">Bytes of one arena; at least the longest sample.</param>
    /// <param name="keepAtMost">Idle arenas of each size kept for reuse; more are left to the garbage collector.</param>
    public BatchPool(int arenaBytes = DefaultArenaBytes, int keepAtMost = DefaultKeepAtMost)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(arenaBytes);
        _arenaBytes = [.. Array.FindAll([SmallestArenaBytes, MiddleArenaBytes], smaller => smaller < arenaBytes), arenaBytes];
        _idle = Array.ConvertAll(_arenaBytes, _ => new IdleBatches(keepAtMost));
    }

    // Pairs with the Interlocked calls in Rent and Return; a number for tests and metrics, nothing is decided by it.
    /// <summary>Batches that were rented and not yet returned.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Bytes of the largest arena: no sample can be longer.</summary>
    public int ArenaBytes => _arenaBytes[^1];

    /// <summary>An empty batch with one reference, owned by the caller.</summary>
    public SampleBatch Rent() => RentClass(_arenaBytes.Length - 1);

    /// <summary>An empty batch in the smallest arena that holds <paramref name="atLeastBytes"/>, with one reference, owned by the caller.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than <see cref="ArenaBytes"/>.</exception>
    public SampleBatch Rent(int atLeastBytes) => RentClass(SizeClassOf(atLeastBytes));

    /// <summary>
    /// The same for what was stored by a pool that may have had larger arenas: a batch that is longer than <see cref="ArenaBytes"/> gets an arena of its
    /// own, which is not kept.
    /// </summary>
    public SampleBatch RentForStored(int bytes)
    {
        if (bytes <= ArenaBytes)
        {
            return Rent(bytes);
        }

        Interlocked.Increment(ref _outstanding);
        var batch = new SampleBatch(this, bytes, sizeClass: -1);
        batch.Reset();
        return batch;
    }

    /// <summary>Gives up the idle arenas that were not needed since the last call.</summary>
    public void TrimIdle()
    {
        foreach (IdleBatches idle in _idle)
        {
            idle.Trim();
        }
    }

    /// <summary>Bytes of the smallest arena that holds <paramref name="atLeastBytes"/>.</summary>
    internal int ArenaBytesFor(int atLeastBytes) => _arenaBytes[SizeClassOf(atLeastBytes)];

    internal void Return(SampleBatch batch)
    {
        Interlocked.Decrement(ref _outstanding);
        if (batch.SizeClass >= 0)
        {
            _idle[batch.SizeClass].Push(batch);
        }
    }

    private int SizeClassOf(int atLeastBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(atLeastBytes, ArenaBytes);
        int sizeClass = 0;
        while (_arenaBytes[sizeClass] < atLeastBytes)
        {
            sizeClass++;
        }

        return sizeClass;
    }

    private SampleBatch RentClass(int sizeClass)
    {
        Interlocked.Increment(ref _outstanding);
        SampleBatch batch = _idle[sizeClass].TryPop() ?? new SampleBatch(this, _arenaBytes[sizeClass], sizeClass);
        batch.Reset();
        return batch;
    }
}
