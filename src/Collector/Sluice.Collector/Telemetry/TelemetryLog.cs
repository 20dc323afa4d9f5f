// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Telemetry;

internal static partial class TelemetryLog
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Serving /metrics, /healthz and /readyz on http://{Address}.")]
    public static partial void Serving(ILogger logger, string address);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Own metrics and logs go to {Target} over OTLP.")]
    public static partial void Exporting(ILogger logger, string target);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "Own metrics and logs do not reach {Target}: {Problem} The capture goes on; this is said once a minute at most.")]
    public static partial void ExportFailed(ILogger logger, string target, string problem);

    [LoggerMessage(EventId = 4, Level = LogLevel.Warning, Message = "A connection to the port of --listen could not be accepted.")]
    public static partial void AcceptFailed(ILogger logger, Exception failure);

    [LoggerMessage(EventId = 5, Level = LogLevel.Error, Message = "{Path} could not be answered.")]
    public static partial void AnswerFailed(ILogger logger, string path, Exception failure);

    [LoggerMessage(EventId = 6, Level = LogLevel.Warning, Message = "The last own metrics and logs have not reached {Target} in time.")]
    public static partial void LastExportLate(ILogger logger, string target);
}
