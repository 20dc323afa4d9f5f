// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Collector.Diagnostics;
using Sluice.Collector.Telemetry.Http;
using Sluice.Collector.Telemetry.Prometheus;

namespace Sluice.Collector.Telemetry;

/// <summary>
/// What a run tells of itself: loggers, meters, health, and the ways by which they leave the process. Where nothing is asked for there are no meters,
/// and none of the assemblies behind them is loaded. One thread calls it.
/// </summary>
internal sealed class OwnTelemetry : IAsyncDisposable
{
    // Of a far end that answers a last export takes milliseconds; one that does not must not hold up the exit for longer than this.
    private static readonly TimeSpan s_lastExport = TimeSpan.FromSeconds(2);

    private CollectorMeters? _meters;
    private MetricCollector? _collector;
    private StatusServer? _server;
    private OtlpExport? _otlp;

    private OwnTelemetry(ILoggerFactory loggers) => Loggers = loggers;

    /// <summary>For everything that has something to say.</summary>
    public ILoggerFactory Loggers { get; private set; }

    /// <summary>For everything that measures; null when nobody wants to know.</summary>
    public IMeterFactory? Meters => _meters;

    public HostHealth Health { get; } = new();

    /// <summary>Binds the port and begins to export.</summary>
    /// <param name="settings">What is asked for.</param>
    /// <param name="console">Where logs go in any case; stays the caller's.</param>
    /// <param name="minLevel">Less important log lines are not exported.</param>
    /// <exception cref="UsageException">The address of <c>--listen</c> cannot be listened on.</exception>
    public static OwnTelemetry Start(TelemetrySettings settings, ILoggerFactory console, LogLevel minLevel)
    {
        var telemetry = new OwnTelemetry(console);
        if (settings.IsAsked)
        {
            telemetry.StartSlow(settings, console.CreateLogger("telemetry"), minLevel);
        }

        return telemetry;
    }

    /// <summary>Watches the rings from now on.</summary>
    public void WatchRings(IReadOnlyList<(string Module, IRingGauge Rings)> readers)
    {
        if (_meters is { } meters)
        {
            _ = new RingMetrics(meters, readers);
        }
    }

    /// <summary>Sends the final numbers. Must be called while the ledger and the kernel's counters can still be read. Idempotent.</summary>
    /// <param name="left">What is left of the time for the stop.</param>
    public async Task CompleteAsync(TimeSpan left)
    {
        if (_otlp is { } otlp)
        {
            await otlp.CompleteAsync(left < s_lastExport ? left : s_lastExport);
        }
    }

    /// <summary>After it nothing is observed any more. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            await server.DisposeAsync();
        }

        await CompleteAsync(s_lastExport);
        _otlp?.Dispose();
        _collector?.Dispose();
        _meters?.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StartSlow(TelemetrySettings settings, ILogger logger, LogLevel minLevel)
    {
        _meters = new CollectorMeters();
        if (settings.Listen is { } listen)
        {
            _collector = new MetricCollector(_meters, ProcessResource.Attributes);
            _server = Listen(listen, new StatusPages(_collector, Health), logger);
            TelemetryLog.Serving(logger, _server.EndPoint.ToString());
        }

        if (settings.Otlp is { } target)
        {
            StartOtlp(target, logger, minLevel);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void StartOtlp(OtlpTarget target, ILogger logger, LogLevel minLevel)
    {
        _otlp = OtlpExport.Start(target, logger, minLevel);
        Loggers = new TeeLoggerFactory(Loggers, _otlp.Loggers);
        TelemetryLog.Exporting(logger, target.ToString());
    }

    private static StatusServer Listen(IPEndPoint endPoint, StatusPages pages, ILogger logger)
    {
        try
        {
            return StatusServer.Start(endPoint, pages.Get, logger);
        }
        catch (SocketException e)
        {
            throw new UsageException($"--listen '{endPoint}': {Explain(e)}.");
        }
    }

    private static string Explain(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "another program listens on this port already; choose another one, or port 0 for any that is free",
        SocketError.AddressNotAvailable => "this host has no such address; give one that it has, or 0.0.0.0 for all of them",
        SocketError.AccessDenied => "ports below 1024 need CAP_NET_BIND_SERVICE; choose one above",
        SocketError.AddressFamilyNotSupported => "this host does not speak that version of IP; give an address of the other one",
        _ => "cannot listen there: " + failure.Message.TrimEnd('.'),
    };
}
