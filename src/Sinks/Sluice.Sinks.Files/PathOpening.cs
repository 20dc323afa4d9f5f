// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>Opens the path of a sink, whatever it is, in the user's words when it cannot be.</summary>
internal static class PathOpening
{
    /// <summary>A stream on the file, which is made where it does not exist, or on the pipe.</summary>
    /// <exception cref="SinkException">It cannot be opened, or is a pipe without a reader.</exception>
    public static async Task<FileStream> OpenAsync(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return await PipeOpening.OpenAsync(path, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw OutputErrors.OnPipeWithoutReader(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputErrors.OnOpen(path, e);
        }
    }
}
