// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Features;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Diagnostics;
using Sluice.Collector.Sinks;
using Sluice.Collector.Telemetry;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Probes;

namespace Sluice.Collector.Hosting;

/// <summary>
/// One run of <c>sluice capture</c>, the composition root. It owns everything in the order of opening:
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

    private CaptureHost(CaptureSettings settings, OwnTelemetry telemetry)
    {
        _settings = settings;
        _telemetry = telemetry;
        _loggers = telemetry.Loggers;
        _logger = _loggers.CreateLogger("capture");
        _abandonment = new Abandonment(settings.LedgerPath);
    }

    private long ElapsedMs => (long)Stopwatch.GetElapsedTime(_started).TotalMilliseconds;

    /// <summary>Captures until told to stop; completes when everything is drained and closed.</summary>
    public static async Task<ExitCode> RunAsync(CaptureSettings settings)
    {
        using var loggers = new StderrLoggerFactory(Console.Error, settings.LogLevel);
        await using OwnTelemetry telemetry = OwnTelemetry.Start(settings.Telemetry, loggers, settings.LogLevel);
        return await new CaptureHost(settings, telemetry).RunAsync();
    }

    private async Task<ExitCode> RunAsync()
    {
        using var signals = new StopSignals(_stop, OnSecondSignal);
        if (_settings.ReadyFilePath is { } readyFile)
        {
            ReadyFile.Clear(readyFile);
        }

        // Before anything touches the kernel: a bad sink option is the cheapest mistake to report.
        ISink[] sinks = [.. _settings.Sinks.Select(new SinkFactory(_settings.Hex, ModuleFactory.EventKinds(_settings.Modules), _loggers).Create)];
        HostCheck.ThrowIfUnfit(_settings.Capture, _logger);
        using var modules = CaptureModules.Load(_settings.Modules, _settings.Capture, _loggers);
        HostLog.Step(_logger, "Programs loaded", ElapsedMs);

        // On every way out, before the modules: the ledger is not observed without the kernel's counters.
        await using OwnTelemetry telemetry = _telemetry;
        _telemetry.Health.Stage = HostStage.StartingSinks;
        WorkerThreads.Reserve(sinks.Length);
        CapturePipeline pipeline = BuildPipeline(modules, sinks);
        if (!await TryStartAsync(pipeline))
        {
            return ExitCode.Done;
        }

        HostLog.Step(_logger, "Sinks started", ElapsedMs);
        _telemetry.Health.Stage = HostStage.Attaching;
        _abandonment.Pipeline = pipeline;
        await using var ending = new PipelineEnding(pipeline, _settings.DrainTimeout);
        StartReaders(modules, pipeline);
        Announce(modules.Attach(e => _stop.TryStop("new processes are no longer followed", e)));
        StopCause cause = await WaitForStopAsync();
        return await StopAsync(cause, modules, pipeline);
    }

    private void OnSecondSignal()
    {
        HostLog.SecondSignal(_logger);
        _abandonment.Execute();
    }

    private CapturePipeline BuildPipeline(CaptureModules modules, ISink[] sinks)
    {
        var watch = new SinkWatch(_settings.Sinks.Count, _stop, _logger);
        CapturePipelineBuilder builder = new CapturePipelineBuilder()
            .UseKernelCounters(new ModuleCounters(modules.Loaded))
            .UseOrigin(EventOrigin.ForThisRun(HostAttributes.Read(HostEnvironment.Read())))
            .UseLogger(_loggers.CreateLogger("pipeline"))
            .OnSinkFailed(failure =>
            {
                if (!failure.EndsQuietly)
                {
                    _telemetry.Health.SinkFailed(failure.SinkName);
                }

                watch.OnSinkFailed(failure);
            });
        if (_telemetry.Meters is { } meters)
        {
            builder.UseMeters(meters);
        }

        if (_settings.LedgerPath is { } ledgerPath)
        {
            builder.UseLedgerFile(ledgerPath);
        }

        for (int i = 0; i < sinks.Length; i++)
        {
            builder.AddSink(sinks[i], SinkFactory.QueueOptions(_settings.Sinks[i], _loggers));
        }

        return builder.Build();
    }

    /// <summary>False when the user stopped us while a sink was still connecting.</summary>
    private async Task<bool> TryStartAsync(CapturePipeline pipeline)
    {
        using var interrupted = new CancellationTokenSource();
        _ = _stop.Requested.ContinueWith(_ => interrupted.Cancel(), TaskScheduler.Default);
        try
        {
            await pipeline.StartAsync(interrupted.Token);
            return true;
        }
        catch (OperationCanceledException) when (_stop.Requested.IsCompleted)
        {
            HostLog.Stopping(_logger, (await _stop.Requested).Reason);
            return false;
        }
        catch (LedgerFileException e)
        {
            throw new UsageException(e.Message);
        }
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
        LogCause(cause);
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

        ExitCode code = Conclude(outcome, report);
        await _telemetry.CompleteAsync(Left(stopping));
        return code;
    }

    private ExitCode Conclude(StopCause cause, CompletionReport report)
    {
        if (report.Abandoned != 0)
        {
            HostLog.DrainTimedOut(_logger, _settings.DrainTimeout.TotalSeconds, report.Abandoned);
        }

        foreach (SinkCounts sink in report.Ledger.Sinks.Where(static sink => sink.Spooled != 0))
        {
            HostLog.LeftInSpool(_logger, sink.Spooled, sink.Name);
        }

        Console.Error.Write(report.Ledger.ToText());
        if (report.LedgerFileFailure is { } notWritten)
        {
            Console.Error.WriteLine("sluice: " + notWritten.Message);
        }

        bool good = cause.Failure is null
            && report.LedgerFileFailure is null
            && report.Abandoned == 0
            && report.Failures.All(static failure => failure.EndsQuietly)
            && report.Ledger.Verify().Count == 0;
        return good ? ExitCode.Done : ExitCode.Failed;
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

    private void LogCause(StopCause cause)
    {
        if (cause.Failure is { } failure)
        {
            HostLog.StoppingBroken(_logger, cause.Reason, failure);
        }
        else
        {
            HostLog.Stopping(_logger, cause.Reason);
        }
    }

    private TimeSpan Left(long stopping)
    {
        TimeSpan left = _settings.DrainTimeout - Stopwatch.GetElapsedTime(stopping);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
