// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Numerics;

namespace Sluice.Pipeline.Ordering;

/// <summary>
/// Buffers for reuse, in powers of two. Not thread-safe, which makes it cheaper than an ArrayPool; and bounded by bytes instead of by number, so
/// that thousands of small buffers are kept as well as a few large ones.
/// </summary>
/// <param name="maxIdleBytes">Idle bytes that are kept; more is left to the garbage collector.</param>
internal sealed class BufferStacks(long maxIdleBytes)
{
    // The smallest sample that is ever held has 152 bytes.
    private const int SmallestLog2 = 8;
    private const int LargestLog2 = 30;

    private readonly Stack<byte[]>?[] _stacks = new Stack<byte[]>?[LargestLog2 - SmallestLog2 + 1];
    private long _idleBytes;

    /// <summary>A buffer of at least <paramref name="bytes"/> with unspecified content.</summary>
    public byte[] Rent(int bytes)
    {
        int size = (int)Math.Max(BitOperations.RoundUpToPowerOf2((uint)bytes), 1u << SmallestLog2);
        if (_stacks[Class(size)] is { } stack && stack.TryPop(out byte[]? buffer))
        {
            _idleBytes -= size;
            return buffer;
        }

        return GC.AllocateUninitializedArray<byte>(size);
    }

    public void Return(byte[] buffer)
    {
        if (_idleBytes + buffer.Length <= maxIdleBytes)
        {
            (_stacks[Class(buffer.Length)] ??= new Stack<byte[]>()).Push(buffer);
            _idleBytes += buffer.Length;
        }
    }

    private static int Class(int size) => BitOperations.Log2((uint)size) - SmallestLog2;
}
