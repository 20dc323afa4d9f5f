// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// Memory that many records' values lie in until the brokers have acknowledged all of them. Filled by the writing thread; it goes back to its pool when
/// that has let go of it and every record has its report.
/// </summary>
internal sealed unsafe class RecordArena
{
    /// <summary>Some 300 records of a 256 B payload. Larger ones would be held up longer by the slowest of their partitions.</summary>
    public const int Bytes = 256 * 1024;

    // Pinned for good: librdkafka reads the values by address.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(Bytes, pinned: true);
    private int _used;
    private int _references;

    /// <param name="number">From 1 on.</param>
    public RecordArena(int number) => Number = number;

    /// <summary>How a <see cref="RecordToken"/> names it.</summary>
    public int Number { get; }

    /// <summary>Bytes that still fit.</summary>
    public int Room => Bytes - _used;

    /// <summary>For the next use; the writing thread holds one reference.</summary>
    public void Reset()
    {
        _used = 0;
        _references = 1;
    }

    /// <summary>Copies bytes that fit (<see cref="Room"/>) and returns their address.</summary>
    public byte* Append(ReadOnlySpan<byte> bytes)
    {
        int start = _used;
        bytes.CopyTo(_bytes.AsSpan(start));
        _used += bytes.Length;

        // SAFETY: the array is pinned and start lies inside of it. Whoever reads there holds a reference, and the producer's handle keeps the pool alive.
        fixed (byte* address = &_bytes[start])
        {
            return address;
        }
    }

    /// <summary>Before records are produced.</summary>
    public void AddReferences(int count) => Interlocked.Add(ref _references, count);

    /// <summary>True when these were the last ones. Pairs with AddReferences: a record's reference is added before librdkafka can report it.</summary>
    public bool Release(int count) => Interlocked.Add(ref _references, -count) == 0;
}
