// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;

namespace Sluice.Sinks.Files.Tests;

/// <summary>A file on a disk that takes a given number of bytes and then says ENOSPC, in the middle of a write if it comes so.</summary>
internal sealed class FullDisk : IAppendFile
{
    private const int ENOSPC = 28;

    private readonly MemoryStream _content = new();

    public long CapacityBytes { get; set; }

    public byte[] Content => _content.ToArray();

    public long Length => _content.Length;

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        int room = (int)Math.Max(0, Math.Min(bytes.Length, CapacityBytes - offset));
        _content.Position = offset;
        _content.Write(bytes[..room]);
        if (room < bytes.Length)
        {
            throw new IOException("No space left on device", ENOSPC);
        }
    }

    public void SetLength(long bytes) => _content.SetLength(bytes);

    public void Dispose()
    {
    }
}
