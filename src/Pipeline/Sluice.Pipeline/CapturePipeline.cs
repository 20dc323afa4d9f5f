// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Ordering;
using Sluice.Pipeline.Telemetry;
using Sluice.Pipeline.Timing;

namespace Sluice.Pipeline;

/// <summary>
/// The way from the readers to the sinks. Order of use: <see cref="CapturePipelineBuilder.Build"/>, <see cref="StartAsync"/>, one
/// <see cref="CreateIntake"/> per reader, and at the end: detach the probes, <see cref="BeginStop"/>, stop the readers and wait for them,
/// <see cref="CompleteAsync"/>. Thread-safe.
/// </summary>
public sealed class CapturePipeline
{
    /// <summary>Part of the budget kept for disposing the sinks (closing files) after their time to write and flush is over.</summary>
    private const double DisposeShare = 0.1;

    /// <summary>Part of the budget kept for writing to spools what their sinks could not take.</summary>
    private const double SpoolShare = 0.3;

    private static readonly TimeSpan s_maxForDispose = TimeSpan.FromSeconds(1);
    // 64 MiB of queue, 32 MiB unsettled and 32 MiB on their way to disk, at 50 MB/s.
    private static readonly TimeSpan s_maxForSpool = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan s_abandonTime = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();

    /// <summary>Ends the time for writing and flushing.</summary>
    private readonly CancellationTokenSource _flushDeadline = new();

    /// <summary>The same for sinks with a spool, earlier: what they leave has to be written to disk.</summary>
    private readonly CancellationTokenSource _spoolDeadline = new();

    /// <summary>Ends the time for disposing, and with it the wait for the sinks.</summary>
    private readonly CancellationTokenSource _endDeadline = new();

    private readonly BatchPool _pool;
    private readonly KtimeClock _clock = new();
    private readonly EventOrigin _origin;
    private readonly SinkWorker[] _workers;
    private readonly SinkFanOut _fanOut;
    private readonly LossReporter _reporter;
    private readonly PipelineTicker _ticker;
    private readonly LedgerFile? _ledgerFile;
    private readonly ILogger _logger;
    private readonly Action<SinkFailure> _sinkFailed;
    private SampleResequencer[] _resequencers = [];
    private SampleIntake[] _intakes = [];
    private bool _isStopping;
    private Task<CompletionReport>? _completion;

    internal CapturePipeline(CapturePipelineBuilder builder)
    {
        _logger = builder.Logger;
        _origin = builder.Origin;
        _sinkFailed = builder.SinkFailed;
        _ledgerFile = builder.LedgerFile;
        _pool = new BatchPool(builder.Options.BatchBytes, builder.Options.IdleBatches);
        BatchMetrics? metrics = builder.Meters is { } meters ? new BatchMetrics(meters, _pool, _clock, _origin) : null;
        _workers = new SinkWorker[builder.Sinks.Count];
        var ledgers = new List<SinkLedger>();
        for (int i = 0; i < _workers.Length; i++)
        {
            (ISink sink, SinkQueueOptions queue) = builder.Sinks[i];
            CancellationToken deadline = queue.Overflow == OverflowPolicy.Spool ? _spoolDeadline.Token : _flushDeadline.Token;
            _workers[i] = new SinkWorker(sink, queue, OnSinkFailed, deadline, _pool, _logger, metrics);
            ledgers.Add(sink.Ledger);
        }

        Ledger = new LossLedger(builder.KernelCounters, ledgers);
        _fanOut = new SinkFanOut(Ledger, _workers, metrics);
        ObserveWith(builder.Meters);
        _reporter = new LossReporter(CreateIntake(), Ledger, _clock);
        _ticker = new PipelineTicker(builder.Options.ReportInterval, _reporter, Ledger, _ledgerFile, _pool, _logger);
        _flushDeadline.Token.Register(CloseQueues);
    }

    /// <summary>Every sample's account.</summary>
    public LossLedger Ledger { get; }

    /// <summary>Where the batches come from.</summary>
    internal BatchPool Pool => _pool;

    /// <summary>Starts the sinks, one after the other, and writes the first ledger file.</summary>
    /// <exception cref="SinkException">A sink cannot be used. All of them are disposed.</exception>
    /// <exception cref="LedgerFileException">The ledger file cannot be written. All sinks are disposed.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            _ledgerFile?.Write(Ledger.Snapshot(), durable: false);
            foreach (SinkWorker worker in _workers)
            {
                worker.OpenSpool();
            }

            foreach (SinkWorker worker in _workers)
            {
                await worker.Sink.StartAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            await DisposeSinksAsync().ConfigureAwait(false);
            throw;
        }

        foreach (SinkWorker worker in _workers)
        {
            worker.Start(PullParked);
        }

        _ticker.Start();
    }

    /// <summary>The entry for one reader thread.</summary>
    /// <param name="limit">Shared by all intakes of a capture that ends after a number of events; null for none.</param>
    public SampleIntake CreateIntake(SampleLimit? limit = null)
    {
        var intake = new SampleIntake(_pool, _fanOut, _clock, _origin, limit);
        lock (_gate)
        {
            // Pairs with the Volatile.Read in PullParked. A new array each time: the workers read it without a lock.
            Volatile.Write(ref _intakes, [.. _intakes, intake]);
        }

        return intake;
    }

    /// <summary>
    /// The entry for one thread whose samples come from elsewhere (a recording, a topic) and bring with them which run they are of, and when they were
    /// observed.
    /// </summary>
    /// <param name="limit">Shared by all intakes of a run that ends after a number of events; null for none.</param>
    public StampedIntake CreateStampedIntake(SampleLimit? limit = null) => new(CreateIntake(limit));

    /// <summary>
    /// True when samples of so many bytes would not have to wait for a sink of policy block. For readers that have other things to do meanwhile than to wait.
    /// </summary>
    public bool TakesWithoutWaiting(int bytes) => _fanOut.TakesWithoutWaiting(bytes);

    /// <summary>
    /// The entry for one reader thread of a transport with a buffer per CPU: an intake, and in front of it the stage that restores the order within
    /// a connection.
    /// </summary>
    /// <param name="limit">Shared by all intakes of a capture that ends after a number of events; null for none.</param>
    /// <param name="options">Bounds of the waiting; null for the defaults.</param>
    public SampleResequencer CreateResequencedIntake(SampleLimit? limit = null, ResequencerOptions? options = null)
    {
        var resequencer = new SampleResequencer(CreateIntake(limit), Ledger, _clock, options ?? new ResequencerOptions());
        lock (_gate)
        {
            Volatile.Write(ref _resequencers, [.. _resequencers, resequencer]);
        }

        return resequencer;
    }

    /// <summary>
    /// Starts the clock of the stop: from now on the sinks have <paramref name="budget"/>. A reader that waits for a sink of policy block
    /// is let go when the time is over, and what that sink cannot take then is counted as <c>drain_timeout</c>; so the readers' last drain
    /// ends in time, whatever the sinks do. Calls after the first do nothing.
    /// </summary>
    public void BeginStop(TimeSpan budget)
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            TimeSpan forDispose = budget * DisposeShare;
            TimeSpan toFlush = budget - (forDispose < s_maxForDispose ? forDispose : s_maxForDispose);
            TimeSpan forSpool = budget * SpoolShare;
            _flushDeadline.CancelAfter(toFlush);
            _spoolDeadline.CancelAfter(toFlush - (forSpool < s_maxForSpool ? forSpool : s_maxForSpool));
            _endDeadline.CancelAfter(budget);
        }
    }

    /// <summary>
    /// Ends the pipeline: last report of loss, queues, flush, dispose, final ledger file. The readers must have returned before. Returns within the
    /// budget (of <see cref="BeginStop"/>, where that was called before); samples without an outcome by then are counted as <c>drain_timeout</c>.
    /// Idempotent: later calls get the same report. A final ledger file that cannot be written is in the report as well.
    /// </summary>
    public Task<CompletionReport> CompleteAsync(TimeSpan budget)
    {
        BeginStop(budget);
        lock (_gate)
        {
            // On the thread pool, because an intake waits for its sinks without giving up the thread.
            return _completion ??= Task.Run(CompleteCoreAsync);
        }
    }

    /// <summary>
    /// Ends the pipeline at once (Ctrl-C twice), also while <see cref="CompleteAsync"/> runs: nothing is flushed any more, and what has no outcome is
    /// counted as <c>drain_timeout</c>. Sinks get a quarter of a second to close their files.
    /// </summary>
    public Task<CompletionReport> AbandonAsync()
    {
        lock (_gate)
        {
            _isStopping = true;
            _endDeadline.CancelAfter(s_abandonTime);
        }

        _spoolDeadline.Cancel();
        _flushDeadline.Cancel();
        return CompleteAsync(TimeSpan.Zero);
    }

    /// <summary>The meters keep the metrics alive.</summary>
    private void ObserveWith(IMeterFactory? meters)
    {
        if (meters is not null)
        {
            _ = new LedgerMetrics(meters, Ledger);
            _ = new QueueMetrics(meters, _workers);
        }
    }

    private async Task<CompletionReport> CompleteCoreAsync()
    {
        await _ticker.StopAsync().ConfigureAwait(false);
        // Pairs with the Volatile.Writes in the Create methods. The readers have returned: nobody adds to these or uses them any more.
        foreach (SampleResequencer resequencer in Volatile.Read(ref _resequencers))
        {
            resequencer.Complete();
        }

        SampleIntake[] intakes = Volatile.Read(ref _intakes);
        foreach (SampleIntake intake in intakes)
        {
            intake.Complete();
        }

        // Once more, now that the kernel's counters are final; then the reporter's own intake, which is the first.
        _reporter.Report();
        intakes[0].Complete();
        CloseQueues();
        bool inTime = await WaitForWorkersAsync().ConfigureAwait(false);
        return Settle(inTime);
    }

    private async Task<bool> WaitForWorkersAsync()
    {
        try
        {
            await Task.WhenAll([.. _workers.Select(static worker => worker.Completion), .. _workers.Select(static worker => worker.Spooled)]).WaitAsync(_endDeadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Gives every sample its outcome. A worker that is still stuck in its sink finds its ledger closed when it comes back.</summary>
    private CompletionReport Settle(bool inTime)
    {
        long abandoned = 0;
        var failures = new List<SinkFailure>();
        foreach (SinkWorker worker in _workers)
        {
            worker.Settle();
            abandoned += worker.Sink.Ledger.Dropped(DropReason.DrainTimeout);
            if (worker.Failure is { } failure)
            {
                failures.Add(failure);
            }
        }

        Ledger.MarkFinal();
        LedgerSnapshot final = Ledger.Snapshot();
        return new CompletionReport(inTime && abandoned == 0, abandoned, failures, final, WriteLedgerFile(final));
    }

    private LedgerFileException? WriteLedgerFile(LedgerSnapshot final)
    {
        try
        {
            _ledgerFile?.Write(final, durable: true);
            return null;
        }
        catch (LedgerFileException e)
        {
            // The counts must not be lost with their file: the caller still has the report to show.
            return e;
        }
    }

    private bool PullParked()
    {
        bool any = false;
        foreach (SampleIntake intake in Volatile.Read(ref _intakes))
        {
            any |= intake.TryHandOnParked();
        }

        return any;
    }

    private void CloseQueues()
    {
        foreach (SinkWorker worker in _workers)
        {
            worker.Close(DropReason.DrainTimeout);
        }
    }

    private void OnSinkFailed(SinkFailure failure)
    {
        if (failure.Exception is not SinkException)
        {
            _logger.SinkFailedUnexpectedly(failure.SinkName, failure.Exception);
        }

        try
        {
            _sinkFailed(failure);
        }
        catch (Exception e)
        {
            // The worker must go on to settle and dispose its sink, whatever the host does.
            _logger.SinkFailedHandlerThrew(failure.SinkName, e);
        }
    }

    private async ValueTask DisposeSinksAsync()
    {
        foreach (SinkWorker worker in _workers)
        {
            worker.CloseUnstarted();
            try
            {
                await worker.Sink.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // The reason why the start failed is on its way to the user; this one comes from the same cause or does not matter.
                _logger.SinkNotDisposed(worker.Sink.Ledger.Name, e);
            }
        }
    }
}
