// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;

namespace Sluice.Pipeline.Encoding;

/// <summary>A growing byte buffer that encoders write to. Not thread-safe; spans die with the next write.</summary>
public sealed class OutputBuffer
{
    private byte[] _bytes;
    private int _length;

    public OutputBuffer(int initialBytes = 64 * 1024) => _bytes = GC.AllocateUninitializedArray<byte>(initialBytes, pinned: true);

    /// <summary>Bytes written.</summary>
    public int Length => _length;

    /// <summary>The bytes written so far.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _bytes.AsSpan(0, _length);

    /// <summary>The bytes written so far.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <summary>Room for at least <paramref name="sizeHint"/> bytes behind what is written; commit with <see cref="Advance"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> GetSpan(int sizeHint)
    {
        if (_bytes.Length - _length < sizeHint)
        {
            GrowSlow(sizeHint);
        }

        return _bytes.AsSpan(_length);
    }

    /// <summary>Commits <paramref name="count"/> bytes of the span that <see cref="GetSpan"/> gave.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _length));
        _length += count;
    }

    /// <summary>Appends bytes as they are.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Bytes written earlier, to be filled in: a length or a count that is known only behind what it belongs to.</summary>
    public Span<byte> WrittenBytes(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start + (uint)count, (uint)_length);
        return _bytes.AsSpan(start, count);
    }

    /// <summary>Cuts back to an earlier <see cref="Length"/>.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length);
        _length = length;
    }

    public void Clear() => _length = 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowSlow(int sizeHint)
    {
        int wanted = checked(Math.Max(_bytes.Length * 2, _length + sizeHint));
        byte[] larger = GC.AllocateUninitializedArray<byte>(wanted, pinned: true);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        _bytes = larger;
    }
}
