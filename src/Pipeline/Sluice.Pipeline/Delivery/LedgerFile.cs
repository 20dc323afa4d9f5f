// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// The file of <c>--ledger</c>. A reader sees the whole old ledger or the whole new one, never a part: each write goes to a
/// temporary file beside it, which then replaces it. Thread-safe.
/// </summary>
public sealed class LedgerFile
{
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Lock _gate = new();
    private readonly string _temporaryPath;

    public LedgerFile(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        // In the same directory, because rename is atomic only inside one file system. One name per process: two captures that
        // were given the same file by mistake then replace each other's ledger, but never mix them.
        _temporaryPath = $"{Path}.{Environment.ProcessId}.tmp";
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>Replaces the file. Blocks for the write, and for the disk as well when <paramref name="durable"/>.</summary>
    /// <param name="ledger">What to write.</param>
    /// <param name="durable">True: on return the content has reached the disk. For the last write; once a second it would only wear it.</param>
    /// <exception cref="LedgerFileException">The directory does not exist, permission is missing, the disk is full.</exception>
    public void Write(LedgerSnapshot ledger, bool durable)
    {
        ReadOnlyMemory<byte> json = ledger.ToJsonUtf8();
        lock (_gate)
        {
            try
            {
                WriteTemporary(json.Span, durable);
                File.Move(_temporaryPath, Path, overwrite: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                DeleteTemporary();
                throw new LedgerFileException(Path, e);
            }
        }
    }

    private void WriteTemporary(ReadOnlySpan<byte> json, bool durable)
    {
        // Its name can be guessed, and the directory may be one in which others write too: whatever they have put there is unlinked, and
        // "create new" (O_EXCL) never follows a symbolic link to a file that they want root to overwrite.
        File.Delete(_temporaryPath);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = Mode };
        using var file = new FileStream(_temporaryPath, options);
        // The mode given at creation is cut by the umask; others must be able to read the ledger of a root process.
        File.SetUnixFileMode(file.SafeFileHandle, Mode);
        file.Write(json);
        file.Write("\n"u8);
        file.Flush(flushToDisk: durable);
    }

    private void DeleteTemporary()
    {
        try
        {
            File.Delete(_temporaryPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure to write is what the user has to know; a left-over file is not worth hiding it.
        }
    }
}
