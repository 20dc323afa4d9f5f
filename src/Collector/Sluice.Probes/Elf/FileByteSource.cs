// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Probes.Elf;

/// <summary>
/// A file read with <c>pread</c>. A mapping would be quicker, but a file that someone truncates meanwhile would then kill this process with SIGBUS.
/// </summary>
/// <param name="file">Stays the caller's.</param>
public sealed class FileByteSource(SafeFileHandle file) : ByteSource
{
    public override long Length { get; } = RandomAccess.GetLength(file);

    public override int ReadAt(long offset, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int read = RandomAccess.Read(file, destination[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return total;
    }
}
