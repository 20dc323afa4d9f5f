// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace Sluice.Collector.Telemetry;

/// <summary>
/// The SDK's exporters tell of their failures only to an EventSource, where nobody looks: this brings them to the user, once a minute at most.
/// </summary>
internal sealed class ExporterFailures : EventListener
{
    private const string ExporterSource = "OpenTelemetry-Exporter-OpenTelemetryProtocol";

    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    private readonly ILogger? _logger;
    private readonly string _target;
    private long _lastSaid;

    /// <param name="target">Where the telemetry goes, for the message.</param>
    /// <param name="logger">Must not lead back to the exporter.</param>
    public ExporterFailures(string target, ILogger logger)
    {
        _target = target;
        _logger = logger;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        // Called by the base constructor too, before the fields are set: nothing is used here but the argument.
        if (eventSource.Name == ExporterSource)
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        long now = Stopwatch.GetTimestamp();
        long last = Interlocked.Read(ref _lastSaid);
        if (_logger is null
            || (last != 0 && Stopwatch.GetElapsedTime(last, now) < s_pause)
            // Pairs with itself on another exporter's thread: one of them speaks.
            || Interlocked.CompareExchange(ref _lastSaid, now, last) != last)
        {
            return;
        }

        TelemetryLog.ExportFailed(_logger, _target, Text(eventData));
    }

    /// <summary>The first line: behind it stands the stack trace of an exception.</summary>
    private static string Text(EventWrittenEventArgs eventData)
    {
        string text;
        try
        {
            text = string.Format(CultureInfo.InvariantCulture, eventData.Message ?? eventData.EventName ?? string.Empty, eventData.Payload?.ToArray() ?? []);
        }
        catch (FormatException)
        {
            text = eventData.EventName ?? string.Empty;
        }

        string line = text.Split('\n')[0].TrimEnd();
        return line.EndsWith('.') ? line : line + ".";
    }
}
