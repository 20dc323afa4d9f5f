// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Hosting;

internal static partial class HostLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Capturing {Module} on {Targets} files over {Transport}, ready after {StartMs} ms. Stop with Ctrl-C.")]
    public static partial void Ready(ILogger logger, string module, int targets, string transport, long startMs);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "No process uses a library to tap now; libraries that come into use are tapped then.")]
    public static partial void NothingToTapYet(ILogger logger);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Stopping: {Reason}.")]
    public static partial void Stopping(ILogger logger, string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "Stopping, because the capture would be incomplete: {Reason}.")]
    public static partial void StoppingBroken(ILogger logger, string reason, Exception failure);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "{Problem} What it can no longer take is counted as dropped, or kept in its spool.")]
    public static partial void SinkFailed(ILogger logger, string problem);

    [LoggerMessage(EventId = 6, Level = LogLevel.Information, Message = "Sink '{Sink}' has ended: its reader has closed the pipe.")]
    public static partial void SinkEnded(ILogger logger, string sink);

    [LoggerMessage(EventId = 15, Level = LogLevel.Information, Message = "{Events} events wait in the spool of {Sink}; the next run with the same sink and spool-dir delivers them.")]
    public static partial void LeftInSpool(ILogger logger, long events, string sink);

    [LoggerMessage(EventId = 7, Level = LogLevel.Error, Message = "The drain timeout of {TimeoutSeconds} s is over: {Abandoned} events are counted as dropped (drain_timeout). A longer --drain-timeout gives the sinks more time.")]
    public static partial void DrainTimedOut(ILogger logger, double timeoutSeconds, long abandoned);

    [LoggerMessage(EventId = 8, Level = LogLevel.Error, Message = "The reader did not end within the drain timeout; what is left in the rings is lost.")]
    public static partial void ReaderStuck(ILogger logger);

    [LoggerMessage(EventId = 9, Level = LogLevel.Debug, Message = "{Step} after {ElapsedMs} ms.")]
    public static partial void Step(ILogger logger, string step, long elapsedMs);

    [LoggerMessage(EventId = 10, Level = LogLevel.Warning, Message = "Some processes will not be captured; missing: {Lack}.")]
    public static partial void Narrowed(ILogger logger, string lack);

    [LoggerMessage(EventId = 11, Level = LogLevel.Warning, Message = "A second signal: not waiting for the drain.")]
    public static partial void SecondSignal(ILogger logger);

    [LoggerMessage(EventId = 12, Level = LogLevel.Warning, Message = "This looks like a container ({Hint}): what is found out about the host may be wrong, and only processes of its PID namespace are found.")]
    public static partial void InContainer(ILogger logger, string hint);

    [LoggerMessage(EventId = 13, Level = LogLevel.Error, Message = "The reader failed during the last drain; what was left in the rings is lost.")]
    public static partial void DrainBroken(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 14, Level = LogLevel.Warning, Message = "The ready file stays behind although the capture stops.")]
    public static partial void ReadyFileLeft(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 15, Level = LogLevel.Information, Message = "The reader runs at normal priority, because CAP_SYS_NICE is missing: on a busy host the rings fill sooner; what they refuse is counted.")]
    public static partial void ReaderNotRaised(ILogger logger);

    [LoggerMessage(EventId = 16, Level = LogLevel.Information, Message = "Capturing {Module} over {Transport}, ready after {StartMs} ms. Stop with Ctrl-C.")]
    public static partial void ReadyInKernel(ILogger logger, string module, string transport, long startMs);
}
