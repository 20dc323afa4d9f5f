// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Configuration;
using Sluice.Collector.Diagnostics;
using Sluice.Collector.Telemetry;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>
/// One run of <c>sluice capture</c> or <c>sluice run</c>, the composition root. It owns everything in the order of opening:
/// <code>
/// modules: load → pipeline: start sinks → readers: map rings, start threads → modules: attach → ready … stop
/// stop: detach → readers: last drain → pipeline: queues, flush, dispose sinks, final ledger → readers: unmap → modules: close
/// </code>
/// </summary>
internal sealed class CaptureHost
{
    // On top of the drain timeout: by then the pipeline has let the reader go, and what is left is one pass over the rings on a busy machine.
    private static readonly TimeSpan s_readerGrace = TimeSpan.FromSeconds(1);

    private readonly CaptureSettings _settings;
    private readonly OwnTelemetry _telemetry;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly StopRequest _stop = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Abandonment _abandonment;
    private readonly PipelineRun _run;

    private CaptureHost(CaptureSettings settings, OwnTelemetry telemetry)
    {
        _settings = settings;
        _telemetry = telemetry;
        _loggers = telemetry.Loggers;
        _logger = _loggers.CreateLogger("capture");
        _abandonment = new Abandonment(settings.LedgerPath);
        _run = new PipelineRun(settings, _loggers, _logger, _stop, telemetry);
    }

    private long ElapsedMs => (long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Captures until told to stop; completes when everything is drained and closed.</summary>
    public static async Task<ExitCode> RunAsync(CaptureSettings settings)
    {
        using var loggers = new StderrLoggerFactory(Console.Error, new LogThreshold(settings.LogLevel));
        await using OwnTelemetry telemetry = OwnTelemetry.Start(settings.Telemetry, loggers, settings.LogLevel);
        return await new CaptureHost(settings, telemetry).RunAsync(reload: null);
    }

    /// <summary>The same as a service: SIGHUP reads the configuration again, and does not stop it.</summary>
    public static async Task<ExitCode> RunAsync(RunConfiguration configuration)
    {
        var threshold = new LogThreshold(configuration.Settings.LogLevel);
        using var loggers = new StderrLoggerFactory(Console.Error, threshold);
        var reload = new ConfigurationReload(configuration, threshold, loggers.CreateLogger("config"));
        await using OwnTelemetry telemetry = OwnTelemetry.Start(configuration.Settings.Telemetry, loggers, configuration.Settings.LogLevel);
        return await new CaptureHost(configuration.Settings, telemetry).RunAsync(reload);
    }

    private async Task<ExitCode> RunAsync(ConfigurationReload? reload)
    {
        using var signals = new StopSignals(_stop, OnSecondSignal, reload is null ? null : reload.Request);
        if (_settings.ReadyFilePath is { } readyFile)
        {
            ReadyFile.Clear(readyFile);
        }

        // Before anything touches the kernel: a bad sink option is the cheapest mistake to report.
        ISink[] sinks = _run.MakeSinks(ModuleFactory.EventKinds(_settings.Modules));
        HostCheck.ThrowIfUnfit(_settings.Capture, _logger);
        using var modules = CaptureModules.Load(_settings.Modules, _settings.Capture, _loggers);
        HostLog.Step(_logger, "Programs loaded", ElapsedMs);

        // On every way out, before the modules: the ledger is not observed without the kernel's counters.
        await using OwnTelemetry telemetry = _telemetry;
        _telemetry.Health.Stage = HostStage.StartingSinks;
        CapturePipeline pipeline = _run.Build(sinks, new ModuleCounters(modules.Loaded));
        if (!await _run.TryStartAsync(pipeline))
        {
            return ExitCode.Done;
        }

        HostLog.Step(_logger, "Sinks started", ElapsedMs);
        _telemetry.Health.Stage = HostStage.Attaching;
        _abandonment.Pipeline = pipeline;
        await using var ending = new PipelineEnding(pipeline, _settings.DrainTimeout);
        StartReaders(modules, pipeline);
        Announce(Attach(modules));
        reload?.Begin(modules);
        StopCause cause = await WaitForStopAsync();
        reload?.End();
        return await StopAsync(cause, modules, pipeline);
    }

    private IReadOnlyList<(ICaptureModule Module, int? Targets)> Attach(CaptureModules modules)
    {
        try
        {
            return modules.Attach(e => _stop.TryStop("new processes are no longer followed", e));
        }
        catch
        {
            // What a module before this one has captured is delivered and counted, and the pipeline must not end under a reader.
            modules.Detach();
            if (!modules.StopReaders(_settings.DrainTimeout + s_readerGrace))
            {
                HostLog.ReaderStuck(_logger);
                _abandonment.Execute();
            }

            throw;
        }
    }

    private void OnSecondSignal()
    {
        HostLog.SecondSignal(_logger);
        _abandonment.Execute();
    }

    private void StartReaders(CaptureModules modules, CapturePipeline pipeline)
    {
        SampleLimit? limit = _settings.MaxEvents is { } count ? new SampleLimit(count, () => _stop.TryStop("--max-events is reached")) : null;
        modules.StartReaders(_settings.Capture.MapSizePages ?? CaptureOptions.DefaultMapSizePages, pipeline, limit, OnReaderDied);
        _telemetry.Health.WatchReaders(modules.ReaderWatch());
        _telemetry.WatchRings(modules.Rings);
    }

    private void OnReaderDied(Exception failure)
    {
        _telemetry.Health.ReaderFailed();
        _stop.TryStop("the reader of the rings died", failure);
    }

    private void Announce(IReadOnlyList<(ICaptureModule Module, int? Targets)> attached)
    {
        foreach ((ICaptureModule module, int? targets) in attached)
        {
            AnnounceOne(module.Name, targets, Word(module.Transport));
        }

        _telemetry.Health.Stage = HostStage.Ready;
        if (_settings.ReadyFilePath is { } readyFile)
        {
            ReadyFile.Write(readyFile, attached.Sum(static one => one.Targets ?? 0), Word(attached[0].Module.Transport));
        }
    }

    private void AnnounceOne(string module, int? targets, string transport)
    {
        if (targets is not { } count)
        {
            HostLog.ReadyInKernel(_logger, module, transport, ElapsedMs);
            return;
        }

        HostLog.Ready(_logger, module, count, transport, ElapsedMs);
        if (count == 0)
        {
            HostLog.NothingToTapYet(_logger);
        }
    }

    private static string Word(CaptureTransport transport) => transport == CaptureTransport.Perf ? "perf" : "ringbuf";

    private async Task<StopCause> WaitForStopAsync()
    {
        if (_settings.Duration is { } duration)
        {
            await Task.WhenAny(_stop.Requested, Task.Delay(duration));
            _stop.TryStop("--duration is over");
        }

        return await _stop.Requested;
    }

    private async Task<ExitCode> StopAsync(StopCause cause, CaptureModules modules, CapturePipeline pipeline)
    {
        long stopping = Stopwatch.GetTimestamp();
        _run.LogCause(cause);
        _telemetry.Health.Stage = HostStage.Stopping;
        RemoveReadyFile();

        // The clock starts first: a reader that waits for a slow sink is let go when the budget is spent, whatever happens below.
        pipeline.BeginStop(_settings.DrainTimeout);
        modules.Detach();
        HostLog.Step(_logger, "Probes detached", ElapsedMs);
        if (!modules.StopReaders(Left(stopping) + s_readerGrace))
        {
            // The pipeline must not be completed under a reader that still writes into it.
            HostLog.ReaderStuck(_logger);
            _abandonment.Execute();
        }

        _abandonment.ReaderHasEnded();
        StopCause outcome = WithLastDrain(cause, modules.ReaderFailure);
        CompletionReport report = await pipeline.CompleteAsync(Left(stopping));
        HostLog.Step(_logger, "Pipeline complete", ElapsedMs);
        if (!_abandonment.TryFinish())
        {
            return await Abandonment.ProcessEndsAsync();
        }

        ExitCode code = _run.Conclude(outcome, report);
        await _telemetry.CompleteAsync(Left(stopping));
        return code;
    }

    /// <summary>A drain that broke after an orderly stop began is a failure of its own; one that broke before is the cause already.</summary>
    private StopCause WithLastDrain(StopCause cause, Exception? failure)
    {
        if (failure is null || ReferenceEquals(failure, cause.Failure))
        {
            return cause;
        }

        HostLog.DrainBroken(_logger, failure);
        return cause with { Failure = cause.Failure ?? failure };
    }

    private void RemoveReadyFile()
    {
        try
        {
            if (_settings.ReadyFilePath is { } readyFile)
            {
                ReadyFile.Clear(readyFile);
            }
        }
        catch (UsageException e)
        {
            // The stop matters more than the file.
            HostLog.ReadyFileLeft(_logger, e);
        }
    }

    private TimeSpan Left(long stopping)
    {
        TimeSpan left = _settings.DrainTimeout - Stopwatch.GetElapsedTime(stopping);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
