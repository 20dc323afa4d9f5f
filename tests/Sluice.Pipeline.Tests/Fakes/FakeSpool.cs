// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>A spool in memory; it can be opened again by the next run, and holds what a spool on disk would hold then.</summary>
internal sealed class FakeSpool : IBatchSpool
{
    private readonly SortedList<long, StoredFake> _rows = [];
    private long _readId = long.MinValue;
    private long _firstId = 1;
    private long _nextId = 1;
    private long? _resent = 0;
    private long _handedId = long.MinValue;

    /// <summary>Batches that fit; more are refused.</summary>
    public int Capacity { get; set; } = int.MaxValue;

    /// <summary>Called before each append.</summary>
    public Action? Appending { get; set; }

    public bool IsClosed { get; private set; }

    public bool WasRead => _readId != long.MinValue;

    public long Events => _rows.Values.Sum(static row => (long)row.Ends.Length);

    public IReadOnlyList<ulong> Numbers => [.. _rows.Values.SelectMany(static row => row.Numbers())];

    public SpoolContent Open()
    {
        IsClosed = false;
        _readId = long.MinValue;
        long resent = _resent ?? _rows.Where(row => row.Key <= _handedId).Sum(static row => (long)row.Value.Ends.Length);
        return new SpoolContent(_rows.Count, Events, resent);
    }

    public SpoolProblem? TryAppend(IReadOnlyList<SampleBatch> batches)
    {
        Appending?.Invoke();
        return TryInsert(batches, ref _nextId, batches.Count, _nextId);
    }

    public SpoolProblem? TryPrepend(IReadOnlyList<SampleBatch> batches) => TryInsert(batches, ref _firstId, -batches.Count, _firstId - batches.Count);

    public void Read(BatchPool pool, ICollection<SpooledBatch> batches, int maxBatches)
    {
        foreach ((long id, StoredFake row) in _rows.Where(row => row.Key > _readId).Take(maxBatches).ToArray())
        {
            batches.Add(new SpooledBatch(id, row.Ends.Length, row.Restore(pool)));
            _readId = id;
            _handedId = id;
            _resent = null;
        }
    }

    public void Remove(long throughId)
    {
        foreach (long id in _rows.Keys.Where(id => id <= throughId).ToArray())
        {
            _rows.Remove(id);
        }
    }

    /// <summary>Makes the batch at this place unreadable.</summary>
    public void Damage(int index) => _rows.Values[index].IsDamaged = true;

    public void Sync()
    {
    }

    public void Close(long? resent)
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _resent = resent;
        }
    }

    public void Dispose() => Close(null);

    private SpoolProblem? TryInsert(IReadOnlyList<SampleBatch> batches, ref long id, int step, long first)
    {
        if (_rows.Count + batches.Count > Capacity)
        {
            return new SpoolProblem("It is full.");
        }

        for (int i = 0; i < batches.Count; i++)
        {
            _rows.Add(first + i, new StoredFake(batches[i].Bytes.ToArray(), batches[i].Ends.ToArray(), batches[i].Stamp));
        }

        id += step;
        return null;
    }
}
