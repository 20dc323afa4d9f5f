// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Features;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Sinks;
using Sluice.Collector.Telemetry;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Collector.Hosting;

/// <summary>What a run of any command does with its sinks, wherever its events come from: making, starting, and the end with ledger and exit code.</summary>
internal sealed class PipelineRun
{
    private readonly RunSettings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly StopRequest _stop;
    private readonly OwnTelemetry? _telemetry;

    public PipelineRun(RunSettings settings, ILoggerFactory loggers, ILogger logger, StopRequest stop, OwnTelemetry? telemetry = null)
    {
        _telemetry = telemetry;
        _settings = settings;
        _loggers = loggers;
        _logger = logger;
        _stop = stop;
    }

    /// <summary>Makes the sinks; nothing is opened.</summary>
    /// <exception cref="SinkUriException">An option is unknown or has a bad value.</exception>
    public ISink[] MakeSinks(IReadOnlyList<EventKind> kinds) => [.. _settings.Sinks.Select(new SinkFactory(_settings.Hex, kinds, _loggers).Create)];

    /// <summary>Puts the pipeline together.</summary>
    /// <param name="sinks">As <see cref="MakeSinks"/> gave them.</param>
    /// <param name="counters">What was submitted.</param>
    /// <param name="needsEverySink">The run stops when one sink has ended, and not when the last one has.</param>
    public CapturePipeline Build(ISink[] sinks, IKernelCounters counters, bool needsEverySink = false)
    {
        WorkerThreads.Reserve(sinks.Length);
        var watch = new SinkWatch(sinks.Length, _stop, _logger, needsEverySink);
        CapturePipelineBuilder builder = new CapturePipelineBuilder()
            .UseKernelCounters(counters)
            .UseOrigin(EventOrigin.ForThisRun(HostAttributes.Read(HostEnvironment.Read())))
            .UseLogger(_loggers.CreateLogger("pipeline"))
            .OnSinkFailed(failure =>
            {
                if (!failure.EndsQuietly)
                {
                    _telemetry?.Health.SinkFailed(failure.SinkName);
                }

                watch.OnSinkFailed(failure);
            });
        if (_telemetry?.Meters is { } meters)
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
    public async Task<bool> TryStartAsync(CapturePipeline pipeline)
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

    public void LogCause(StopCause cause)
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

    /// <summary>Shows the ledger; <see cref="ExitCode.Done"/> when nothing went wrong and the equations hold.</summary>
    public ExitCode Conclude(StopCause cause, CompletionReport report)
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
}
