// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Sinks.Files;

/// <summary>A file on disk.</summary>
internal sealed class AppendFile : IAppendFile
{
    private readonly SafeFileHandle _handle;

    private AppendFile(SafeFileHandle handle) => _handle = handle;

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(_handle);

    /// <summary>Opens a file for appending; a new one is readable and writable by its owner only, for it will hold plaintext.</summary>
    /// <exception cref="IOException">As of <see cref="FileStream"/>; also <see cref="UnauthorizedAccessException"/>.</exception>
    public static AppendFile Open(string path) => new(OpenHandle(path).SafeFileHandle);

    /// <summary>A stream on the file or pipe at <paramref name="path"/>; see <see cref="Open"/>.</summary>
    public static FileStream OpenHandle(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.Write,

        // Others may read it while it grows, and logrotate may truncate it: the length is asked anew before every write.
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(_handle, bytes, offset);

    /// <inheritdoc/>
    public void SetLength(long bytes) => RandomAccess.SetLength(_handle, bytes);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
