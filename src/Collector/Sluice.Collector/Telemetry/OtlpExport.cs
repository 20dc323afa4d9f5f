// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Sluice.Collector.Telemetry.Prometheus;
using Sluice.Pipeline.Telemetry;

namespace Sluice.Collector.Telemetry;

/// <summary>
/// Own metrics and logs over OTLP, by OpenTelemetry's SDK. The one class that names its types: where it is not used, the SDK is not loaded.
/// </summary>
internal sealed class OtlpExport : IDisposable
{
    private readonly OtlpTarget _target;
    private readonly ExporterFailures _failures;
    private readonly MeterProvider _metrics;
    private readonly ILogger _logger;
    private bool _isComplete;

    private OtlpExport(OtlpTarget target, ILogger logger, LogLevel minLevel)
    {
        _target = target;
        _logger = logger;
        _failures = new ExporterFailures(target.ToString(), logger);
        ResourceBuilder resource = Resource();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(MetricNames.MeterPrefix + "*", MetricCollector.RuntimeMeter)
            .AddOtlpExporter(options => Direct(options, "v1/metrics"))
            .Build();
        Loggers = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(minLevel)
            .AddOpenTelemetry(options =>
            {
                options.IncludeFormattedMessage = true;
                options.SetResourceBuilder(resource);
                options.AddOtlpExporter(exporter => Direct(exporter, "v1/logs"));
            }));
    }

    /// <summary>Loggers whose lines are exported.</summary>
    public ILoggerFactory Loggers { get; }

    /// <summary>Starts exporting, in the background. Whether the far end is there shows later: the capture does not depend on it.</summary>
    /// <param name="target">The far end.</param>
    /// <param name="logger">Hears of failures; must not lead back here.</param>
    /// <param name="minLevel">Less important log lines are left out.</param>
    public static OtlpExport Start(OtlpTarget target, ILogger logger, LogLevel minLevel) => new(target, logger, minLevel);

    /// <summary>Sends what there is a last time; waits for it no longer than <paramref name="limit"/>. Idempotent.</summary>
    public async Task CompleteAsync(TimeSpan limit)
    {
        if (_isComplete)
        {
            return;
        }

        _isComplete = true;
        Task logs = Task.Run(Loggers.Dispose);
        Task metrics = Task.Run(() => _metrics.Shutdown((int)limit.TotalMilliseconds));
        try
        {
            await Task.WhenAll(logs, metrics).WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            // Their threads are in the background and end with the process.
            TelemetryLog.LastExportLate(_logger, _target.ToString());
        }
    }

    public void Dispose() => _failures.Dispose();

    /// <summary>What the environment says (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) goes before what is known here.</summary>
    private static ResourceBuilder Resource()
    {
        var known = new List<KeyValuePair<string, object>>();
        foreach ((string key, object? value) in ProcessResource.Attributes)
        {
            known.Add(new KeyValuePair<string, object>(key, value!));
        }

        return ResourceBuilder.CreateEmpty().AddAttributes(known).AddTelemetrySdk().AddEnvironmentVariableDetector();
    }

    private void Direct(OtlpExporterOptions options, string signalPath)
    {
        if (_target.Endpoint is not { } endpoint)
        {
            return;
        }

        options.Protocol = _target.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;

        // An endpoint that is set by code gets no path of its own from the SDK.
        options.Endpoint = _target.IsGrpc ? endpoint : new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + signalPath);
    }
}
