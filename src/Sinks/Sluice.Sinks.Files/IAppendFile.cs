// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Sinks.Files;

/// <summary>An open file that grows at its end. Between <see cref="RotatingFile"/> and the disk, so that a test can be a disk that fills up.</summary>
internal interface IAppendFile : IDisposable
{
    /// <summary>Bytes in the file now, asked of the kernel.</summary>
    long Length { get; }

    /// <summary>Writes at <paramref name="offset"/>. When it throws, any part of the bytes may stand in the file.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Cuts the file.</summary>
    void SetLength(long bytes);
}
