// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace Sluice.Sinks.Otlp;

/// <summary>What the sink logs. Nothing of it is per event or per request.</summary>
internal static partial class OtlpLog
{
    [LoggerMessage(1, LogLevel.Warning, "OTLP sink '{Sink}': requests are not taken ({Reason}); they are tried again, and {Waiting} events wait.")]
    public static partial void OutageBegan(ILogger logger, string sink, string reason, long waiting);

    [LoggerMessage(2, LogLevel.Information, "OTLP sink '{Sink}': requests are taken again after {Seconds:F0} s.")]
    public static partial void OutageEnded(ILogger logger, string sink, double seconds);

    [LoggerMessage(3, LogLevel.Warning, "OTLP sink '{Sink}': {Count} events were refused for good, the last ones because of: {Reason}.")]
    public static partial void Rejected(ILogger logger, string sink, long count, string reason);

    [LoggerMessage(4, LogLevel.Warning, "OTLP sink '{Sink}': {Count} events were too large for a request of {MaxBytes} bytes. Raise max-request-bytes, if the server takes more.")]
    public static partial void Oversize(ILogger logger, string sink, long count, int maxBytes);

    [LoggerMessage(5, LogLevel.Warning, "OTLP sink '{Sink}': the server took a request with a warning: {Text}.")]
    public static partial void ServerWarning(ILogger logger, string sink, string text);

    [LoggerMessage(6, LogLevel.Error, "OTLP sink '{Sink}': the task that sends requests died.")]
    public static partial void LaneDied(ILogger logger, string sink, System.Exception exception);
}
