// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Probes.OpenSsl;

internal static partial class OpenSslLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Tapping {Target} with {Probes}.")]
    public static partial void TargetAttached(ILogger logger, string target, string probes);

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning, Message = "Cannot tap {Target}: {Reason} Processes that use it are not captured; it is tried again at the next scan.")]
    public static partial void TargetRefused(ILogger logger, string target, string reason);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Part of {Target} is not tapped: {Reason}")]
    public static partial void FunctionRefused(ILogger logger, string target, string reason);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "No longer tapping {Target}: no process uses it.")]
    public static partial void TargetRemoved(ILogger logger, string target);

    [LoggerMessage(EventId = 5, Level = LogLevel.Debug, Message = "The kernel has no socket tracepoints ({Reason}); system calls are watched instead.")]
    public static partial void SocketTracepointsMissing(ILogger logger, string reason);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "Connections of libraries with a BIO of their own will carry no address: {Reason}")]
    public static partial void NestedSocketsUnavailable(ILogger logger, string reason);

    [LoggerMessage(EventId = 7, Level = LogLevel.Warning, Message = "New libraries are looked for every second only: {Reason}")]
    public static partial void MonitorUnavailable(ILogger logger, string reason);
}
