// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Collector.CommandLine;
using Sluice.Collector.Diagnostics;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Recording;
using Sluice.Pipeline.Wire;

namespace Sluice.Collector.Hosting;

/// <summary>One run of <c>sluice replay</c>: a pipeline as that of a capture, with a recording in place of the kernel. Nothing of it needs privileges or libbpf.</summary>
internal sealed class ReplayHost
{
    private static readonly TimeSpan s_feedGrace = TimeSpan.FromSeconds(1);

    /// <summary>A recording may hold any.</summary>
    private static readonly EventKind[] s_kinds = [EventKind.TlsData, EventKind.Connection, EventKind.CaptureLoss];

    private readonly ReplaySettings _settings;
    private readonly ILogger _logger;
    private readonly StopRequest _stop = new();
    private readonly Abandonment _abandonment;
    private readonly PipelineRun _run;

    private ReplayHost(ReplaySettings settings, ILoggerFactory loggers)
    {
        _settings = settings;
        _logger = loggers.CreateLogger("replay");
        _abandonment = new Abandonment(settings.LedgerPath);
        _run = new PipelineRun(settings, loggers, _logger, _stop);
    }

    /// <summary>Replays to the end of the last file, or until told to stop; completes when everything is delivered and closed.</summary>
    public static async Task<ExitCode> RunAsync(ReplaySettings settings)
    {
        using var loggers = new StderrLoggerFactory(Console.Error, new LogThreshold(settings.LogLevel));
        return await new ReplayHost(settings, loggers).RunAsync();
    }

    private async Task<ExitCode> RunAsync()
    {
        using var signals = new StopSignals(_stop, OnSecondSignal);
        ISink[] sinks = _run.MakeSinks(s_kinds);
        RecordingFile[] files = [.. _settings.Files.Select(static path => new RecordingFile(path))];
        try
        {
            Array.ForEach(files, static file => file.Check());
            var counters = new FedCounters();
            CapturePipeline pipeline = _run.Build(sinks, counters);
            return await _run.TryStartAsync(pipeline) ? await FeedAsync(files, pipeline, counters) : ExitCode.Done;
        }
        finally
        {
            Array.ForEach(files, static file => file.Dispose());
        }
    }

    private async Task<ExitCode> FeedAsync(IReadOnlyList<RecordingFile> files, CapturePipeline pipeline, FedCounters counters)
    {
        _abandonment.Pipeline = pipeline;
        await using var ending = new PipelineEnding(pipeline, _settings.DrainTimeout);
        using var ended = new CancellationTokenSource();
        SampleLimit? limit = _settings.MaxEvents is { } count ? new SampleLimit(count, () => Stop("--max-events is reached", ended)) : null;
        ReplayPace? pace = _settings.Pace ? new ReplayPace(ended.Token) : null;
        var feed = new ReplayFeed(files, pipeline.CreateStampedIntake(limit), counters, pace, _logger, ended.Token);
        ReplayLog.Started(_logger, files.Count == 1 ? files[0].Name : $"{files.Count} files", _settings.Pace ? " at the pace of the recording" : "");
        Thread thread = StartThread(feed, ended.Token);

        StopCause cause = await _stop.Requested;
        long stopping = Stopwatch.GetTimestamp();
        _run.LogCause(cause);
        pipeline.BeginStop(_settings.DrainTimeout);
        await ended.CancelAsync();
        if (!thread.Join(_settings.DrainTimeout + s_feedGrace))
        {
            // The pipeline must not be completed under a thread that still writes into it.
            ReplayLog.FeedStuck(_logger);
            _abandonment.Execute();
        }

        _abandonment.ReaderHasEnded();
        TimeSpan left = _settings.DrainTimeout - Stopwatch.GetElapsedTime(stopping);
        CompletionReport report = await pipeline.CompleteAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        return _abandonment.TryFinish() ? Conclude(cause, report, feed.Damage) : await Abandonment.ProcessEndsAsync();
    }

    /// <summary>A thread of its own, because it waits for sinks, for time and for pipes.</summary>
    private Thread StartThread(ReplayFeed feed, CancellationToken stop)
    {
        var thread = new Thread(() => Run(feed, stop)) { Name = "sluice-replay", IsBackground = true };
        thread.Start();
        return thread;
    }

    private void Run(ReplayFeed feed, CancellationToken stop)
    {
        try
        {
            feed.Run();
            _stop.TryStop("the recording is at its end");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop while it waited for a pipe.
        }
        catch (Exception e)
        {
            _stop.TryStop("the recording cannot be read further", e);
        }
    }

    private void Stop(string reason, CancellationTokenSource ended)
    {
        _stop.TryStop(reason);
        ended.Cancel();
    }

    private void OnSecondSignal()
    {
        HostLog.SecondSignal(_logger);
        _abandonment.Execute();
    }

    /// <summary>
    /// A recording that only ends early, because its writer was killed, is replayed as far as it goes, which is success; one with holes is not.
    /// </summary>
    private ExitCode Conclude(StopCause cause, CompletionReport report, RecordingDamage damage)
    {
        ExitCode code = _run.Conclude(cause, report);
        if (cause.Failure is RecordingException or UsageException)
        {
            // What was given is at fault, as when it is found out before the start; of a pipe it is seen only now.
            return ExitCode.Usage;
        }

        return damage.HasHoles && code == ExitCode.Done ? ExitCode.Failed : code;
    }
}
