// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Sluice.Bpf;

/// <summary>
/// A per-CPU hash (also an LRU one) of the kernel with its types: an entry has one value for each of <see cref="BpfMap.PossibleCpus"/>, by CPU number.
/// Otherwise as <see cref="BpfHashMap{TKey, TValue}"/>.
/// </summary>
/// <typeparam name="TKey">Mirrors the C key.</typeparam>
/// <typeparam name="TValue">Mirrors the C value of one CPU.</typeparam>
public sealed class BpfPerCpuHashMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly BpfMap _map;

    /// <exception cref="ArgumentException">The map is no per-CPU hash, or its key or value has another size.</exception>
    public BpfPerCpuHashMap(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!map.IsPerCpuHash)
        {
            throw new ArgumentException($"The map '{map.Name}' is of type {map.Type}; PerCpuHash or LruPerCpuHash is wanted.", nameof(map));
        }

        MapTypes.Check<TKey, TValue>(map);
        _map = map;
    }

    /// <summary>Reads an entry's values; false when there is none.</summary>
    public bool TryGet(in TKey key, out TValue[] values)
    {
        byte[] raw = new byte[_map.RawValueSize];
        bool found = _map.TryLookupRaw(Bytes(key), raw, andDelete: false);
        values = found ? Split(raw) : [];
        return found;
    }

    /// <summary>Sets an entry's values, whether it exists or not.</summary>
    /// <exception cref="ArgumentException">There is not one value for each of <see cref="BpfMap.PossibleCpus"/>.</exception>
    /// <exception cref="BpfException">E2BIG: the map is full.</exception>
    public void Set(in TKey key, ReadOnlySpan<TValue> values)
    {
        if (values.Length != BpfMap.PossibleCpus)
        {
            throw new ArgumentException($"{BpfMap.PossibleCpus} values are wanted, one for each possible CPU, and not {values.Length}.", nameof(values));
        }

        byte[] raw = new byte[_map.RawValueSize];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            MemoryMarshal.Write(raw.AsSpan(cpu * _map.CpuStride), values[cpu]);
        }

        _map.UpdateRaw(Bytes(key), raw);
    }

    /// <summary>Removes an entry; false when there was none.</summary>
    public bool Remove(in TKey key) => _map.Delete(key);

    /// <summary>All entries with their values, by batches where the kernel has them (5.6), else one by one; with the same reservations as <see cref="BpfHashMap{TKey, TValue}.ToList"/>.</summary>
    public List<KeyValuePair<TKey, TValue[]>> ToList() => ReadAll(andDelete: false);

    /// <summary>All entries with their values, which are removed.</summary>
    public List<KeyValuePair<TKey, TValue[]>> TakeAll() => ReadAll(andDelete: true);

    private static ReadOnlySpan<byte> Bytes(in TKey key) => MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));

    private List<KeyValuePair<TKey, TValue[]>> ReadAll(bool andDelete)
    {
        List<KeyValuePair<TKey, TValue[]>> entries = [];
        bool done = _map.TryVisitBatches(
            andDelete, (key, value) => entries.Add(new KeyValuePair<TKey, TValue[]>(MemoryMarshal.Read<TKey>(key), Split(value))));
        return done ? entries : ReadOneByOne(andDelete, entries);
    }

    private List<KeyValuePair<TKey, TValue[]>> ReadOneByOne(bool andDelete, List<KeyValuePair<TKey, TValue[]>> entries)
    {
        byte[] key = new byte[_map.KeySize], next = new byte[_map.KeySize];
        bool isThere = _map.TryNextKey([], key);
        for (uint visited = 0; isThere && visited < _map.MaxEntries; visited++)
        {
            isThere = _map.TryNextKey(key, next);
            TKey current = MemoryMarshal.Read<TKey>(key);
            if (TryGet(current, out TValue[] values) && (!andDelete || Remove(current)))
            {
                entries.Add(new KeyValuePair<TKey, TValue[]>(current, values));
            }

            (key, next) = (next, key);
        }

        return entries;
    }

    private TValue[] Split(ReadOnlySpan<byte> raw)
    {
        TValue[] values = new TValue[BpfMap.PossibleCpus];
        for (int cpu = 0; cpu < values.Length; cpu++)
        {
            values[cpu] = MemoryMarshal.Read<TValue>(raw[(cpu * _map.CpuStride)..]);
        }

        return values;
    }
}
