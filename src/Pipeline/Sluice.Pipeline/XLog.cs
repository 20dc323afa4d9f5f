// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Pipeline;

/// <summary>What the pipeline logs.</summary>
internal static partial class XLog
{
    [LoggerMessage(1, LogLevel.Error, "The sink {Sink} failed unexpectedly and takes nothing more.")]
    public static partial void SinkFailedUnexpectedly(this ILogger logger, string sink, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "{Problem} The capture goes on; this is not said again.")]
    public static partial void LedgerFileNotWritten(this ILogger logger, string problem);

    [LoggerMessage(3, LogLevel.Error, "The reports of loss stopped: an unexpected error.")]
    public static partial void ReportsFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The sink {Sink} could not be closed.")]
    public static partial void SinkNotDisposed(this ILogger logger, string sink, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "Telling of the failure of sink {Sink} failed itself.")]
    public static partial void SinkFailedHandlerThrew(this ILogger logger, string sink, Exception exception);
}
