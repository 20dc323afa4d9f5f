// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Sluice.Pipeline.Delivery;

namespace Sluice.Spool;

/// <summary>The directory of one sink's spool, locked while it is open: no other sink and no other process can use it.</summary>
internal sealed class SpoolDirectory : IDisposable
{
    public const string FileSuffix = ".spool";

    private const string LockName = "lock";
    private const string DamagedMark = ".damaged-";
    private const int MaxReadableName = 80;

    // EAGAIN of Linux, which the runtime puts into HResult.
    private const int ErrnoAgain = 11;

    private readonly FileStream _lock;

    private SpoolDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Makes the directory if need be, and locks it.</summary>
    /// <exception cref="SinkException">It cannot be used.</exception>
    public static SpoolDirectory Open(string path, string sink)
    {
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(sink, full, File.Exists(full) ? "it is a file" : Reason(e), e);
        }

        return new SpoolDirectory(full, Lock(full, sink));
    }

    /// <summary>An error that names sink and directory; bad configuration.</summary>
    public static SinkException Unusable(string sink, string directory, string problem, Exception? inner = null) =>
        new($"Sink '{sink}': cannot use the spool directory '{directory}': {problem}.", innerException: inner) { IsConfiguration = true };

    public static string Reason(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "permission denied; give spool-dir= a directory that this user may write to",
        FileNotFoundException or DirectoryNotFoundException => "it does not exist and cannot be made there",
        _ => exception.Message.TrimEnd('.'),
    };

    /// <summary>The file of a sink: its name as far as file names can have it, and a checksum of all of it.</summary>
    public string FileOf(string sink)
    {
        var name = new StringBuilder();
        foreach (char letter in sink)
        {
            name.Append(char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_');
        }

        uint crc = ~0u;
        foreach (byte part in Encoding.UTF8.GetBytes(sink))
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, part);
        }

        string readable = name.Length <= MaxReadableName ? name.ToString() : name.ToString(0, MaxReadableName);
        return System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{readable}-{crc:x8}{FileSuffix}"));
    }

    /// <summary>Spools of other sinks that lie here.</summary>
    public IEnumerable<string> OtherFiles(string own)
    {
        foreach (string file in Directory.EnumerateFiles(Path, "*" + FileSuffix))
        {
            if (file != own)
            {
                yield return file;
            }
        }
    }

    /// <summary>Renames a damaged spool, so that it is not used but can be looked at; an older one of the same name goes.</summary>
    /// <returns>The new name.</returns>
    public string SetAside(string path)
    {
        string name = System.IO.Path.GetFileName(path) + DamagedMark;
        foreach (string older in Directory.GetFiles(Path, name + "*"))
        {
            File.Delete(older);
        }

        string aside = System.IO.Path.Combine(Path, name + DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));
        IReadOnlyList<string> from = SpoolFile.FilesOf(path);
        IReadOnlyList<string> to = SpoolFile.FilesOf(aside);
        for (int i = 0; i < from.Count; i++)
        {
            if (File.Exists(from[i]))
            {
                File.Move(from[i], to[i], overwrite: true);
            }
        }

        return aside;
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string directory, string sink)
    {
        string path = System.IO.Path.Combine(directory, LockName);
        try
        {
            // Sharing nothing is flock(LOCK_EX) here, which ends with the process however that ends.
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unusable(sink, directory, Reason(e), e);
        }
        catch (IOException e)
        {
            // The runtime has no type of exception for a lock that another one holds; whatever else it is (read-only, no room) shows in its own words.
            string reason = e.HResult == ErrnoAgain
                ? "another sink or another sluice uses it; give each sink a spool-dir= of its own"
                : Reason(e);
            throw Unusable(sink, directory, reason, e);
        }
    }
}
