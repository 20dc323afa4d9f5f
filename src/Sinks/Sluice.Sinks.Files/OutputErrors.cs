// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>Says what an I/O error means for a sink. On Unix the HResult of an IOException without a type of its own is the errno.</summary>
internal static class OutputErrors
{
    private const int EIO = 5;
    private const int ENOSPC = 28;
    private const int EPIPE = 32;
    private const int EDQUOT = 122;

    /// <summary>The target existed and took bytes, but takes no more.</summary>
    public static SinkException OnWrite(string target, Exception error) => error.HResult switch
    {
        EPIPE => new SinkException($"{target} was closed by its reader.", DropReason.PipeClosed, endsQuietly: true, error),
        ENOSPC => Failed($"{target} takes no more events: the disk is full. Free space on it, or name another path, and start again.", error),
        EDQUOT => Failed($"{target} takes no more events: the disk quota is used up. Free space, or name another path, and start again.", error),
        EIO => Failed($"{target} takes no more events: input/output error. Check the disk (dmesg) or name another path.", error),
        _ when error is UnauthorizedAccessException => Failed($"{target} takes no events: it is closed, or not open for writing.", error),
        _ => Failed($"{target} takes no more events: {error.Message}", error),
    };

    /// <summary>The target cannot be opened.</summary>
    public static SinkException OnOpen(string path, Exception error)
    {
        string directory = Path.GetDirectoryName(path) ?? "/";
        string problem = error switch
        {
            _ when Directory.Exists(path) => "it is a directory; name a file in it",
            DirectoryNotFoundException or FileNotFoundException => $"the directory {directory} does not exist; create it first",
            UnauthorizedAccessException => $"no permission; make {directory} writable for this user or name another path",
            PathTooLongException => "the path is too long; name a shorter one",
            _ when error.HResult == ENOSPC => "the disk is full; free space or name another path",
            _ => error.Message,
        };
        return new SinkException($"Cannot write events to {path}: {problem}.", innerException: error)
        {
            IsConfiguration = error.HResult is not (ENOSPC or EDQUOT or EIO),
        };
    }

    /// <summary>Nothing reads the named pipe.</summary>
    public static SinkException OnPipeWithoutReader(string path, TimeoutException error) => new(
        $"Cannot write events to {path}: it is a pipe that no program has opened for reading within {PipeOpening.Patience.TotalSeconds:F0} s; start its reader first.",
        innerException: error)
    {
        IsConfiguration = true,
    };

    /// <summary>A finished file cannot be put aside.</summary>
    public static SinkException OnRotate(string path, Exception error) =>
        Failed($"Cannot rename {path} to finish it: {error.Message} Make its directory writable, or leave rotate-size and rotate-time out.", error);

    /// <summary>Finished files beyond those to keep cannot be deleted.</summary>
    public static SinkException OnPrune(string path, Exception error) =>
        Failed($"Cannot delete the oldest finished files of {path}: {error.Message} Make its directory writable, or leave rotate-keep out.", error);

    private static SinkException Failed(string message, Exception error) => new(message, innerException: error);
}
