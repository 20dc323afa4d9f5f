// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Sluice.Pipeline.Batching;

/// <summary>
/// Samples of one drain of the rings: an arena of bytes and an index over it. Written by one reader, then read-only and
/// shared by every sink.
/// </summary>
/// <remarks>
/// Ownership: <see cref="BatchPool.Rent()"/> hands it out with one reference; every further holder calls <see cref="AddReference"/>
/// and each holder calls <see cref="Release"/> exactly once. The last release returns the arena to the pool, after
/// which every span taken from this batch is dead.
/// </remarks>
public sealed class SampleBatch
{
    private readonly BatchPool _pool;
    private readonly byte[] _arena;
    private int[] _ends;
    private int _count;
    private int _used;
    private int _references;

    internal SampleBatch(BatchPool pool, int arenaBytes, int sizeClass)
    {
        _pool = pool;
        SizeClass = sizeClass;
        _arena = GC.AllocateUninitializedArray<byte>(arenaBytes, pinned: true);
        // Few samples are shorter than 256 B; where they are, the index grows once and stays so.
        _ends = new int[Math.Max(16, arenaBytes / 256)];
    }

    /// <summary>Samples in the batch.</summary>
    public int Count => _count;

    /// <summary>Bytes of all samples.</summary>
    public int ByteCount => _used;

    /// <summary>Bytes the arena can hold.</summary>
    public int CapacityBytes => _arena.Length;

    /// <summary>All samples, one behind the other; valid until the caller's reference is released.</summary>
    public ReadOnlySpan<byte> Bytes => _arena.AsSpan(0, _used);

    /// <summary>Where in <see cref="Bytes"/> each sample ends; valid as long as those.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, _count);

    /// <summary>Which of the pool's arena sizes it has; negative when it has one of its own.</summary>
    internal int SizeClass { get; }

    /// <summary>What its samples share; set by who fills the batch, before anybody else sees it.</summary>
    public BatchStamp Stamp { get; set; } = BatchStamp.None;

    /// <summary>The sample at <paramref name="index"/>; valid until the caller's reference is released.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count);
            int start = index == 0 ? 0 : _ends[index - 1];
            return _arena.AsSpan(start, _ends[index] - start);
        }
    }

    /// <summary>Copies a sample into the arena; false when it has no room (the batch is then unchanged).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAppend(scoped ReadOnlySpan<byte> sample)
    {
        int used = _used;
        if (sample.Length > _arena.Length - used)
        {
            return false;
        }

        sample.CopyTo(_arena.AsSpan(used));
        used += sample.Length;
        if (_count == _ends.Length)
        {
            GrowIndexSlow();
        }

        _ends[_count++] = used;
        _used = used;
        return true;
    }

    /// <summary>
    /// Fills this empty batch with <see cref="Bytes"/> and <see cref="Ends"/> of another one that were stored. False when they do not fit or the ends do
    /// not divide the bytes into samples; the batch is then unchanged.
    /// </summary>
    public bool TryRestore(scoped ReadOnlySpan<byte> bytes, scoped ReadOnlySpan<int> ends)
    {
        if (bytes.Length > _arena.Length || (ends.IsEmpty ? 0 : ends[^1]) != bytes.Length)
        {
            return false;
        }

        int previous = 0;
        foreach (int end in ends)
        {
            if (end < previous)
            {
                return false;
            }

            previous = end;
        }

        Restore(bytes, ends);
        return true;
    }

    /// <summary>Takes one more reference; only a holder of a live reference may call it.</summary>
    public void AddReference()
    {
        int now = Interlocked.Increment(ref _references);
        Debug.Assert(now > 1, "AddReference on a batch that was already returned.");
    }

    /// <summary>Gives one reference back; the last one returns the batch to its pool.</summary>
    public void Release()
    {
        int now = Interlocked.Decrement(ref _references);
        if (now == 0)
        {
            _pool.Return(this);
        }
        else if (now < 0)
        {
            throw new InvalidOperationException("A batch was released more often than it was referenced.");
        }
    }

    /// <summary>Fills this empty batch with the samples of another one that fits into its arena.</summary>
    internal void CopyFrom(SampleBatch other) => Restore(other.Bytes, other.Ends);

    internal void Reset()
    {
        _count = 0;
        _used = 0;
        Stamp = BatchStamp.None;
        _references = 1;
    }

    private void Restore(scoped ReadOnlySpan<byte> bytes, scoped ReadOnlySpan<int> ends)
    {
        bytes.CopyTo(_arena);
        while (_ends.Length < ends.Length)
        {
            GrowIndexSlow();
        }

        ends.CopyTo(_ends);
        _used = bytes.Length;
        _count = ends.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowIndexSlow() => Array.Resize(ref _ends, _ends.Length * 2);
}
