// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Diagnostics;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Wire;
using Sluice.Sources.Kafka;

namespace Sluice.Collector.Hosting;

/// <summary>
/// One run of <c>sluice relay</c>: a pipeline as that of a capture, with a consumer group in place of the kernel. Nothing of it needs privileges or libbpf.
/// <code>
/// source: check brokers and topics → pipeline: start sinks → source: join the group, read … stop
/// stop: end reading → pipeline: queues, flush, dispose sinks, final ledger → source: commit, leave the group
/// </code>
/// </summary>
internal sealed class RelayHost
{
    private static readonly TimeSpan s_readerGrace = TimeSpan.FromSeconds(1);

    /// <summary>A topic may hold any.</summary>
    private static readonly EventKind[] s_kinds = [EventKind.TlsData, EventKind.Connection, EventKind.CaptureLoss];

    private readonly RelaySettings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly StopRequest _stop = new();
    private readonly Abandonment _abandonment;
    private readonly PipelineRun _run;

    private RelayHost(RelaySettings settings, ILoggerFactory loggers)
    {
        _settings = settings;
        _loggers = loggers;
        _logger = loggers.CreateLogger("relay");
        _abandonment = new Abandonment(settings.LedgerPath);
        _run = new PipelineRun(settings, loggers, _logger, _stop);
    }

    /// <summary>Reads until told to stop; completes when everything that was read is delivered and committed.</summary>
    public static async Task<ExitCode> RunAsync(RelaySettings settings)
    {
        using var loggers = new StderrLoggerFactory(Console.Error, new LogThreshold(settings.LogLevel));
        return await new RelayHost(settings, loggers).RunAsync();
    }

    private async Task<ExitCode> RunAsync()
    {
        using var signals = new StopSignals(_stop, OnSecondSignal);
        var counters = new FedCounters();

        // A sink that has ended would have every offset behind it stay uncommitted for ever: another relay, or the next start, takes over instead.
        CapturePipeline pipeline = _run.Build(_run.MakeSinks(s_kinds), counters, needsEverySink: true);
        using var source = new KafkaSource(_settings.Source, pipeline, counters, _settings.EverySinkBlocks, _loggers.CreateLogger("kafka"));
        if (!await TryCheckAsync(source) || !await _run.TryStartAsync(pipeline))
        {
            return ExitCode.Done;
        }

        _abandonment.Pipeline = pipeline;
        await using var ending = new PipelineEnding(pipeline, _settings.DrainTimeout);
        return await ReadAsync(source, pipeline);
    }

    /// <summary>False when the user stopped us while nothing answered.</summary>
    private async Task<bool> TryCheckAsync(KafkaSource source)
    {
        using var interrupted = new CancellationTokenSource();
        _ = _stop.Requested.ContinueWith(_ => interrupted.Cancel(), TaskScheduler.Default);
        try
        {
            await Task.Run(() => source.Check(interrupted.Token));
            return true;
        }
        catch (OperationCanceledException) when (_stop.Requested.IsCompleted)
        {
            _run.LogCause(await _stop.Requested);
            return false;
        }
    }

    private async Task<ExitCode> ReadAsync(KafkaSource source, CapturePipeline pipeline)
    {
        using var ended = new CancellationTokenSource();
        Thread reader = StartReader(source, ended.Token);
        RelayLog.Started(_logger, _settings.Source.DisplayName, _settings.Source.Group);
        StopCause cause = await _stop.Requested;
        long stopping = Stopwatch.GetTimestamp();
        if (cause.Failure is not SourceException)
        {
            _run.LogCause(cause);
        }

        pipeline.BeginStop(_settings.DrainTimeout);
        await ended.CancelAsync();
        if (!reader.Join(_settings.DrainTimeout + s_readerGrace))
        {
            // The pipeline must not be completed under a thread that still writes into it.
            RelayLog.ReaderStuck(_logger);
            _abandonment.Execute();
        }

        _abandonment.ReaderHasEnded();
        TimeSpan left = _settings.DrainTimeout - Stopwatch.GetElapsedTime(stopping);
        CompletionReport report = await pipeline.CompleteAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        source.Finish();
        return _abandonment.TryFinish() ? Conclude(cause, report) : await Abandonment.ProcessEndsAsync();
    }

    /// <summary>A thread of its own, because it waits for brokers and for sinks.</summary>
    private Thread StartReader(KafkaSource source, CancellationToken stop)
    {
        var thread = new Thread(() => Read(source, stop)) { Name = "sluice-relay", IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Read(KafkaSource source, CancellationToken stop)
    {
        try
        {
            if (source.Run(_settings.MaxEvents, stop))
            {
                _stop.TryStop("--max-events is reached");
            }
        }
        catch (Exception e)
        {
            _stop.TryStop("the source cannot be read further", e);
        }
    }

    private void OnSecondSignal()
    {
        HostLog.SecondSignal(_logger);
        _abandonment.Execute();
    }

    private ExitCode Conclude(StopCause cause, CompletionReport report)
    {
        ExitCode code = _run.Conclude(cause, report);
        return cause.Failure is SourceException source
            ? FailureReport.Write(Console.Error, source, "sluice relay", _settings.LogLevel)
            : code;
    }
}
