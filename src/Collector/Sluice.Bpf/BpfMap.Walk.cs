// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>Reading a whole map: what <see cref="BpfHashMap{TKey, TValue}"/> and its per-CPU sibling are made of. Values are raw bytes here.</summary>
public sealed unsafe partial class BpfMap
{
    /// <summary>
    /// Entries of one batch. The kernel hands out whole hash buckets; more than this in one bucket (ENOSPC) and the batch is doubled. Two hundred
    /// keep the buffers of usual values below the large object heap, and a batch still costs one system call where single reads cost four hundred.
    /// </summary>
    private const int BatchEntries = 200;

    /// <summary>Bytes that the kernel reads or writes for one entry's value: in a per-CPU map, those of all CPUs.</summary>
    internal int RawValueSize => IsPerCpu ? PaddedValueSize * PossibleCpus : ValueSize;

    /// <summary>Distance of two CPUs' values in the raw value of a per-CPU map.</summary>
    internal int CpuStride => PaddedValueSize;

    internal bool IsHash => Type is BpfMapType.Hash or BpfMapType.LruHash || IsPerCpuHash;

    internal bool IsPerCpuHash => Type is BpfMapType.PerCpuHash or BpfMapType.LruPerCpuHash;

    /// <summary>Reads a value as bytes; false when there is no such entry.</summary>
    internal bool TryLookupRaw(ReadOnlySpan<byte> key, Span<byte> value, bool andDelete)
    {
        using HandleLease lease = new(_owner);

        // SAFETY: the callers give KeySize and RawValueSize bytes, which is what the kernel reads and writes; both are pinned.
        unsafe
        {
            fixed (byte* keyPointer = key)
            fixed (byte* valuePointer = value)
            {
                return andDelete
                    ? CheckFound(Libbpf.bpf_map_lookup_and_delete_elem(FdOf(lease), keyPointer, valuePointer), "bpf_map_lookup_and_delete_elem")
                    : CheckFound(Libbpf.bpf_map_lookup_elem(FdOf(lease), keyPointer, valuePointer), "bpf_map_lookup_elem");
            }
        }
    }

    internal void UpdateRaw(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        using HandleLease lease = new(_owner);

        // SAFETY: as in TryLookupRaw.
        unsafe
        {
            fixed (byte* keyPointer = key)
            fixed (byte* valuePointer = value)
            {
                Check(Libbpf.bpf_map_update_elem(FdOf(lease), keyPointer, valuePointer, 0), "bpf_map_update_elem");
            }
        }
    }

    /// <summary>The key behind <paramref name="key"/> (empty: the first) in an order of the kernel's; false behind the last. From a key that is gone, the first.</summary>
    internal bool TryNextKey(ReadOnlySpan<byte> key, Span<byte> next)
    {
        using HandleLease lease = new(_owner);

        // SAFETY: as in TryLookupRaw; an empty key pins to null, which asks for the first.
        unsafe
        {
            fixed (byte* keyPointer = key)
            fixed (byte* nextPointer = next)
            {
                return CheckFound(Libbpf.bpf_map_get_next_key(FdOf(lease), keyPointer, nextPointer), "bpf_map_get_next_key");
            }
        }
    }

    /// <summary>Visits every entry by batches, removing it when asked; false when the kernel has no batches for this map: then nothing was visited.</summary>
    internal bool TryVisitBatches(bool andDelete, RawEntryVisitor visitor)
    {
        using HandleLease lease = new(_owner);
        int capacity = BatchEntries;

        // The kernel's place in the table: a bucket number, whatever the key is, but the interface says as large as a key.
        byte[] place = new byte[Math.Max(KeySize, sizeof(uint))];
        byte[] next = new byte[place.Length];
        byte[] keys = new byte[capacity * KeySize], values = new byte[capacity * RawValueSize];
        bool isFirst = true;
        while (true)
        {
            uint count = (uint)capacity;
            int result = ReadBatch(FdOf(lease), isFirst ? [] : place, next, keys, values, ref count, andDelete);
            if (result == -Errno.ENOSPC)
            {
                capacity *= 2;
                (keys, values) = (new byte[capacity * KeySize], new byte[capacity * RawValueSize]);
                continue;
            }

            if (isFirst && IsNoBatch(result))
            {
                return false;
            }

            if (result != -Errno.ENOENT)
            {
                Check(result, andDelete ? "bpf_map_lookup_and_delete_batch" : "bpf_map_lookup_batch");
            }

            Visit(keys, values, (int)count, visitor);
            if (result == -Errno.ENOENT)
            {
                return true;
            }

            (place, next) = (next, place);
            isFirst = false;
        }
    }

    /// <summary>EINVAL: a kernel without the command (before 5.6); the others: a map type without it.</summary>
    private static bool IsNoBatch(int result) => result is -Errno.EINVAL or -Errno.ENOTSUPP or -Errno.EOPNOTSUPP;

    private static int ReadBatch(int fd, byte[] place, byte[] next, byte[] keys, byte[] values, ref uint count, bool andDelete)
    {
        // SAFETY: keys and values have room for count entries (the caller sized them so), place and next for a key; all are pinned. An empty
        // place pins to null: from the start.
        unsafe
        {
            bpf_map_batch_opts options = new() { sz = (nuint)sizeof(bpf_map_batch_opts) };
            fixed (byte* placePointer = place)
            fixed (byte* nextPointer = next)
            fixed (byte* keysPointer = keys)
            fixed (byte* valuesPointer = values)
            fixed (uint* countPointer = &count)
            {
                return andDelete
                    ? Libbpf.bpf_map_lookup_and_delete_batch(fd, placePointer, nextPointer, keysPointer, valuesPointer, countPointer, &options)
                    : Libbpf.bpf_map_lookup_batch(fd, placePointer, nextPointer, keysPointer, valuesPointer, countPointer, &options);
            }
        }
    }

    private void Visit(byte[] keys, byte[] values, int count, RawEntryVisitor visitor)
    {
        int raw = RawValueSize;
        for (int i = 0; i < count; i++)
        {
            visitor(keys.AsSpan(i * KeySize, KeySize), values.AsSpan(i * raw, raw));
        }
    }
}
