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

    [LoggerMessage(6, LogLevel.Information, "The sink {Sink} does not keep up: events go to its spool, and are delivered from there in order.")]
    public static partial void SpoolUsed(this ILogger logger, string sink);

    [LoggerMessage(7, LogLevel.Information, "The spool of {Sink} holds {Events} events of earlier runs ({Batches} batches); they are delivered first.")]
    public static partial void SpoolRecovered(this ILogger logger, string sink, long events, long batches);

    [LoggerMessage(8, LogLevel.Warning, "The spool of {Sink} takes nothing more for now: {Problem}")]
    public static partial void SpoolFull(this ILogger logger, string sink, string problem);

    [LoggerMessage(9, LogLevel.Information, "The spool of {Sink} takes events again.")]
    public static partial void SpoolHasRoom(this ILogger logger, string sink);

    [LoggerMessage(10, LogLevel.Error, "The spool of {Sink} failed unexpectedly and is not used any more in this run.")]
    public static partial void SpoolBroken(this ILogger logger, string sink, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "Telling of the failure of sink {Sink} failed itself.")]
    public static partial void SinkFailedHandlerThrew(this ILogger logger, string sink, Exception exception);
}
