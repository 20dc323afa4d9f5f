// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Elf;

/// <summary>Bytes that can be read at any place: a file, or memory in a test. Not thread-safe.</summary>
public abstract class ByteSource
{
    /// <summary>Length when the source was opened; a file may have become shorter since.</summary>
    public abstract long Length { get; }

    /// <summary>Reads up to the length of <paramref name="destination"/>; fewer bytes only at the end of the source.</summary>
    /// <exception cref="System.IO.IOException">The medium failed.</exception>
    public abstract int ReadAt(long offset, Span<byte> destination);
}
