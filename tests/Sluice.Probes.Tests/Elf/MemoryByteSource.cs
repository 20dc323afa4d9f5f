// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Probes.Elf;

namespace Sluice.Probes.Tests.Elf;

/// <summary>A file in memory that counts what is read of it.</summary>
internal sealed class MemoryByteSource(byte[] bytes, long? claimedLength = null) : ByteSource
{
    public override long Length { get; } = claimedLength ?? bytes.Length;

    internal long BytesRead { get; private set; }

    public override int ReadAt(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int length = (int)Math.Clamp(bytes.Length - offset, 0, destination.Length);
        if (length > 0)
        {
            bytes.AsSpan((int)offset, length).CopyTo(destination);
        }

        BytesRead += length;
        return length;
    }
}
