// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Sluice.Sinks.Files;

/// <summary>
/// Opens what may be a named pipe without waiting for its reader for ever: the kernel holds a writer's open until some program opens the other end.
/// </summary>
internal static class PipeOpening
{
    /// <summary>How long a reader may take; one that is started in the same line of a shell is there at once.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A stream on the file or pipe, as of <see cref="AppendFile.OpenHandle"/>.</summary>
    /// <exception cref="IOException">As of <see cref="FileStream"/>; also <see cref="UnauthorizedAccessException"/>.</exception>
    /// <exception cref="TimeoutException">A pipe without a reader.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public static async Task<FileStream> OpenAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        // A thread of its own, which the kernel may hold.
        Task<FileStream> opening = Task.Factory.StartNew(
            () => AppendFile.OpenHandle(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await opening.WaitAsync(Patience, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Release(path, opening);
            throw;
        }
    }

    /// <summary>Lets the held thread go by being the reader it waits for, until it has gone: it may come to the pipe only now.</summary>
    private static void Release(string path, Task<FileStream> opening)
    {
        FileStream? reader = null;
        try
        {
            // Both ends at once: for these the kernel holds nobody.
            reader = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The pipe is gone, or may not be read: the thread stays where it is and ends with the process.
        }

        _ = opening.ContinueWith(
            task =>
            {
                reader?.Dispose();
                if (task.IsCompletedSuccessfully)
                {
                    // Nobody wants it any more.
                    task.Result.Dispose();
                }
            },
            TaskScheduler.Default);
    }
}
