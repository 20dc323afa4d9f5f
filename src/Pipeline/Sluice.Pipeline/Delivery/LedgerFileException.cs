// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Delivery;

/// <summary>The ledger file cannot be written. The message is for the user.</summary>
public sealed class LedgerFileException : Exception
{
    // Numbers of Linux, which the runtime puts into HResult where it has no exception type for them.
    private const int ErrnoIsDirectory = 21;
    private const int ErrnoNoSpace = 28;
    private const int ErrnoReadOnly = 30;
    private const int ErrnoQuotaExceeded = 122;

    public LedgerFileException(string path, Exception innerException)
        : base($"Cannot write the ledger file '{path}': {Reason(innerException)}. Give --ledger a path in a directory that exists, can be written and has room.", innerException)
    {
    }

    // Not the exception's own text: that names the temporary file, of which the user knows nothing.
    private static string Reason(Exception exception) => exception switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException or FileNotFoundException => "its directory does not exist",
        PathTooLongException => "its path is too long",
        IOException { HResult: ErrnoIsDirectory } => "it is a directory",
        IOException { HResult: ErrnoNoSpace or ErrnoQuotaExceeded } => "the disk is full",
        IOException { HResult: ErrnoReadOnly } => "the file system is read-only",
        IOException { HResult: > 0 } => Marshal.GetPInvokeErrorMessage(exception.HResult),
        _ => exception.Message.TrimEnd('.'),
    };
}
