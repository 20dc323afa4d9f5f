// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Bpf;

/// <summary>
/// A hash (also an LRU hash) of the kernel with its types: single entries, and all of them. A view of a <see cref="BpfMap"/>, which it does not own;
/// operations are system calls that do not block, from any thread. Programs may change the map at any time.
/// </summary>
/// <typeparam name="TKey">Mirrors the C key: same size, no padding of unknown content, or equal keys differ.</typeparam>
/// <typeparam name="TValue">Mirrors the C value.</typeparam>
public sealed class BpfHashMap<TKey, TValue>
    where TKey : unmanaged
    where TValue : unmanaged
{
    private readonly BpfMap _map;

    /// <exception cref="ArgumentException">The map is no hash, is per-CPU, or its key or value has another size.</exception>
    public BpfHashMap(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (!map.IsHash || map.IsPerCpuHash)
        {
            throw new ArgumentException($"The map '{map.Name}' is of type {map.Type}; Hash or LruHash is wanted.", nameof(map));
        }

        MapTypes.Check<TKey, TValue>(map);
        _map = map;
    }

    /// <summary>Reads an entry; false when there is none. In an LRU hash this makes it the most recently used.</summary>
    /// <exception cref="BpfException">The kernel refused for another reason.</exception>
    public bool TryGet(in TKey key, out TValue value) => _map.TryLookup(key, out value);

    /// <summary>Sets an entry, whether it exists or not.</summary>
    /// <exception cref="BpfException">E2BIG: the map is full (never in an LRU hash).</exception>
    public void Set(in TKey key, in TValue value) => _map.Update(key, value);

    /// <summary>Removes an entry; false when there was none.</summary>
    public bool Remove(in TKey key) => _map.Delete(key);

    /// <summary>
    /// Reads an entry and removes it, in one step where the kernel has it (5.14); before that, what a program writes between the two is lost.
    /// </summary>
    public bool TryTake(in TKey key, out TValue value)
    {
        TValue found = default;
        ReadOnlySpan<byte> keyBytes = MemoryMarshal.AsBytes(new ReadOnlySpan<TKey>(in key));
        bool taken;
        try
        {
            taken = _map.TryLookupRaw(keyBytes, MemoryMarshal.AsBytes(new Span<TValue>(ref found)), andDelete: true);
        }
        catch (BpfException e) when (MapTypes.IsUnsupported(e.Errno))
        {
            taken = _map.TryLookup(key, out found) && _map.Delete(key);
        }

        value = taken ? found : default;
        return taken;
    }

    /// <summary>
    /// Walks the entries one by one. Entries that are neither added nor removed meanwhile are all visited; others may be, or not. Removing the entry
    /// that was just given is safe. When the entry where the walk stands is removed by somebody else the kernel begins anew, and entries are
    /// given again; after as many as the map can hold, the walk ends.
    /// </summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> Entries()
    {
        byte[] key = new byte[_map.KeySize], next = new byte[_map.KeySize];
        bool isThere = _map.TryNextKey([], key);
        for (uint visited = 0; isThere && visited < _map.MaxEntries; visited++)
        {
            // The key behind is asked for before this one is handed out, so that the caller may remove it.
            isThere = _map.TryNextKey(key, next);
            TKey current = MemoryMarshal.Read<TKey>(key);
            if (_map.TryLookup(current, out TValue value))
            {
                yield return new KeyValuePair<TKey, TValue>(current, value);
            }

            (key, next) = (next, key);
        }
    }

    /// <summary>
    /// All entries, by batches where the kernel has them (5.6), else one by one. Each bucket of the hash is read at once; between buckets the map goes
    /// on changing, so an entry that is moved meanwhile can be missed or come twice.
    /// </summary>
    public List<KeyValuePair<TKey, TValue>> ToList() => ReadAll(andDelete: false);

    /// <summary>All entries, which are removed. No entry is given twice, and with batches none is lost; without them as <see cref="TryTake"/>.</summary>
    public List<KeyValuePair<TKey, TValue>> TakeAll() => ReadAll(andDelete: true);

    private List<KeyValuePair<TKey, TValue>> ReadAll(bool andDelete)
    {
        List<KeyValuePair<TKey, TValue>> entries = [];
        bool done = _map.TryVisitBatches(
            andDelete,
            (key, value) => entries.Add(new KeyValuePair<TKey, TValue>(MemoryMarshal.Read<TKey>(key), MemoryMarshal.Read<TValue>(value))));
        return done ? entries : ReadOneByOne(andDelete, entries);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<KeyValuePair<TKey, TValue>> ReadOneByOne(bool andDelete, List<KeyValuePair<TKey, TValue>> entries)
    {
        foreach (KeyValuePair<TKey, TValue> entry in Entries())
        {
            if (!andDelete)
            {
                entries.Add(entry);
            }
            else if (TryTake(entry.Key, out TValue value))
            {
                entries.Add(new KeyValuePair<TKey, TValue>(entry.Key, value));
            }
        }

        return entries;
    }
}
