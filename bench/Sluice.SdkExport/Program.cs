// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;

namespace Sluice.SdkExport;

/// <summary>
/// The OpenTelemetry SDK's log exporter at the highest rate at which it loses nothing: the load waits while the batch processor's queue is full, which an application
/// cannot know. <c>Sluice.SdkExport grpc|http PORT RECORDS [bare]</c>; with <c>bare</c> records have a body and no attributes. Prints figures as JSON.
/// </summary>
internal static class Program
{
    /// <summary>Larger than the SDK's defaults of 2,048 and 512: with those every request is small, and slower.</summary>
    private const int QueueRecords = 65_536;
    private const int BatchRecords = 4_096;

    private static int Main(string[] args)
    {
        if (args.Length < 3)
        {
            Console.Error.WriteLine("usage: Sluice.SdkExport grpc|http PORT RECORDS [bare]");
            return 2;
        }

        long records = long.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture);
        using var exporter = new CountingExporter(CreateExporter(args[0], args[1]));
        EventState[] events = [.. Enumerable.Range(0, 10_000).Select(number => new EventState(number, hasAttributes: !args.Contains("bare")))];
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.AddProcessor(new BatchLogRecordExportProcessor(exporter, QueueRecords, scheduledDelayMilliseconds: 10, exporterTimeoutMilliseconds: 30_000, BatchRecords));
        }));
        ILogger logger = loggers.CreateLogger("sluice");
        Send(logger, exporter, events, 0, records / 10);
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Send(logger, exporter, events, records / 10, records);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double cpu = (Environment.CpuUsage.TotalTime - cpuBefore).TotalSeconds;
        Console.WriteLine(JsonSerializer.Serialize(new { records, seconds, records_per_second = records / seconds, cpu_seconds = cpu, failed = exporter.Failed }));
        return exporter.Failed == 0 ? 0 : 1;
    }

    private static OtlpLogExporter CreateExporter(string protocol, string port) => new(new OtlpExporterOptions
    {
        Protocol = protocol == "grpc" ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        Endpoint = new Uri(protocol == "grpc" ? $"http://127.0.0.1:{port}" : $"http://127.0.0.1:{port}/v1/logs"),
    });

    /// <summary>Logs records and waits for the last to be exported.</summary>
    private static void Send(ILogger logger, CountingExporter exporter, EventState[] events, long already, long count)
    {
        for (long number = 0; number < count; number++)
        {
            // Room for a batch at least, so that the exporter's thread never waits for us.
            while (already + number - exporter.Exported - exporter.Failed > QueueRecords - BatchRecords)
            {
                Thread.Sleep(0);
            }

            EventState state = events[number % events.Length];
            logger.Log(LogLevel.Information, default, state, null, static (state, _) => state.Body);
        }

        while (exporter.Exported + exporter.Failed < already + count)
        {
            Thread.Sleep(1);
        }
    }
}
