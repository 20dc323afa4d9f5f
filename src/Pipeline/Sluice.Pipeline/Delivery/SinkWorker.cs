// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Telemetry;

namespace Sluice.Pipeline.Delivery;

/// <summary>One sink with its queue and the one task that calls it.</summary>
internal sealed class SinkWorker
{
    // A sink that failed may still get acknowledgements for what it sent before. Five seconds is longer than a healthy
    // broker takes and shorter than the default --drain-timeout.
    private static readonly TimeSpan s_failedFlushTime = TimeSpan.FromSeconds(5);

    private readonly SinkQueue _queue;
    private readonly Action<SinkFailure> _onFailed;
    private readonly CancellationToken _deadline;
    private readonly BatchMetrics? _metrics;
    private readonly KeyValuePair<string, object?> _nameTag;
    private readonly SpoolLane? _lane;
    private Func<bool> _pull = static () => false;
    private int _isIdle;

    /// <param name="sink">The sink; started by the caller, disposed by the worker.</param>
    /// <param name="options">Size and policy of the queue.</param>
    /// <param name="onFailed">Called once, from the worker, when the sink cannot go on.</param>
    /// <param name="deadline">Ends when the time for writing and flushing is over.</param>
    /// <param name="pool">Gives the batches that come back from a spool.</param>
    /// <param name="logger">Told about the spool.</param>
    /// <param name="metrics">Hears how old batches are when the sink gets them; null when nobody asked for metrics.</param>
    public SinkWorker(
        ISink sink,
        SinkQueueOptions options,
        Action<SinkFailure> onFailed,
        CancellationToken deadline,
        BatchPool pool,
        ILogger logger,
        BatchMetrics? metrics = null)
    {
        Sink = sink;
        _queue = new SinkQueue(options);
        _onFailed = onFailed;
        _deadline = deadline;
        _metrics = metrics;
        _nameTag = new KeyValuePair<string, object?>(MetricNames.SinkName, sink.Ledger.Name);
        if (options.Overflow == OverflowPolicy.Spool)
        {
            _lane = new SpoolLane(_queue, options, sink.Ledger, pool, logger);
        }
    }

    public ISink Sink { get; }

    public SinkQueue Queue => _queue;

    /// <summary>Ends when what the spool is to keep is on disk; at once when there is none. Never faults.</summary>
    public Task Spooled => _lane?.Completion ?? Task.CompletedTask;

    /// <summary>Ends when the sink is flushed and disposed; never faults.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <summary>Set once the sink cannot go on.</summary>
    public SinkFailure? Failure { get; private set; }

    /// <summary>True when the sink has nothing to do. Pairs with the Interlocked.Exchange in <see cref="ConsumeAsync"/>.</summary>
    public bool IsIdle => Volatile.Read(ref _isIdle) != 0;

    /// <summary>Opens the spool, if there is one.</summary>
    /// <exception cref="SinkException">It cannot be used.</exception>
    public void OpenSpool() => _lane?.Open();

    /// <summary>Closes the spool of a worker that was never started.</summary>
    public void CloseUnstarted() => _lane?.CloseUnstarted();

    /// <summary>True when <see cref="WaitForRoom"/> would return at once.</summary>
    public bool TakesWithoutWaiting(int bytes) => _lane?.TakesWithoutWaiting(bytes) ?? _queue.TakesWithoutWaiting(bytes);

    /// <summary>Waits until a batch fits, where the policy is to wait.</summary>
    public void WaitForRoom(int bytes)
    {
        if (_lane is not null)
        {
            _lane.WaitForRoom(bytes);
        }
        else
        {
            _queue.WaitForRoom(bytes);
        }
    }

    /// <summary>Takes nothing more; what is refused from now on is dropped for <paramref name="reason"/>.</summary>
    public void Close(DropReason reason)
    {
        if (_lane is not null)
        {
            _lane.Close(reason);
        }
        else
        {
            _queue.Close(reason);
        }
    }

    /// <summary>Gives every sample its outcome, also when the sink or the spool is stuck.</summary>
    public void Settle()
    {
        _lane?.Abandon();
        Sink.Ledger.Close(Failure?.Reason ?? DropReason.DrainTimeout);
    }

    /// <param name="pull">Asks the intakes for what they hold back; false when they have nothing that can be taken.</param>
    public void Start(Func<bool> pull)
    {
        _pull = pull;
        if (_lane is not null)
        {
            _deadline.Register(_lane.GiveUpSink);
            _lane.Start();
        }

        Completion = Task.Run(RunAsync);
    }

    /// <summary>Queues a batch, or counts it as dropped. Never waits.</summary>
    public void Offer(SampleBatch batch)
    {
        DropReason refusal;
        if (!(_lane?.TryEnqueue(batch, out refusal) ?? _queue.TryEnqueue(batch, out refusal)))
        {
            Sink.Ledger.AddRefused(refusal, batch.Count);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await ConsumeAsync().ConfigureAwait(false);
            await FlushAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_deadline.IsCancellationRequested)
        {
            // The budget is spent: what has no outcome goes to the spool, or is settled below as drain_timeout.
        }
        catch (Exception e)
        {
            await FailAsync(e).ConfigureAwait(false);
        }

        if (_lane is not null)
        {
            // A sink that failed leaves its spool in use until the end of the capture: a later run delivers what comes meanwhile.
            _lane.GiveUpSink();
            await _lane.Completion.ConfigureAwait(false);
        }
        else
        {
            DrainQueue();
        }

        await DisposeSinkAsync().ConfigureAwait(false);
        Sink.Ledger.Close(Failure?.Reason ?? DropReason.DrainTimeout);
    }

    /// <summary>
    /// Writes batches until the queue is closed and empty. One method and not a few small asynchronous ones: so the state of the loop is made
    /// once, and a wait allocates nothing.
    /// </summary>
    private async Task ConsumeAsync()
    {
        bool more = true;
        while (more)
        {
            while (TryTake() is { } batch)
            {
                try
                {
                    _deadline.ThrowIfCancellationRequested();
                    _metrics?.RecordHandOff(batch, in _nameTag);
                    await Sink.WriteAsync(batch, _deadline).ConfigureAwait(false);
                }
                finally
                {
                    batch.Release();
                }

                if (_lane is not null && _lane.IsTimeToFlush())
                {
                    await FlushAsync().ConfigureAwait(false);
                }
            }

            if (_lane is { IsDiskNext: true })
            {
                await DeliverSpooledAsync(_lane).ConfigureAwait(false);
                continue;
            }

            // Flush before waiting: samples that an intake collects while all sinks are busy must not stay there now.
            // The full fence orders "idle" before the look at the intakes; SampleIntake.EndOfDrain parks a batch, fences and then looks
            // at IsIdle. So at least one of the two sees the other.
            Interlocked.Exchange(ref _isIdle, 1);
            more = _pull() || await _queue.WaitToDequeueAsync().ConfigureAwait(false);
            Volatile.Write(ref _isIdle, 0);
        }
    }

    private SampleBatch? TryTake() => _lane is null ? _queue.TryDequeue() : _lane.TryTakeFromMemory();

    /// <summary>Writes what is on disk, in order, until nothing is left there.</summary>
    private async Task DeliverSpooledAsync(SpoolLane lane)
    {
        while (true)
        {
            _deadline.ThrowIfCancellationRequested();
            lane.ThrowIfGone();
            if (lane.HasUnsettled && (!lane.IsReadingDisk || lane.IsDrained))
            {
                await FlushAsync().ConfigureAwait(false);
            }
            else if (lane.TryTakeFromDisk(out SpooledBatch row))
            {
                await WriteSpooledAsync(lane, row.Batch).ConfigureAwait(false);
            }
            else if (!lane.IsDrained)
            {
                await lane.WaitForRowsAsync().ConfigureAwait(false);
            }
            else if (lane.TryLeaveDisk())
            {
                return;
            }
        }
    }

    private async ValueTask WriteSpooledAsync(SpoolLane lane, SampleBatch? batch)
    {
        if (batch is not null)
        {
            try
            {
                await Sink.WriteAsync(batch, _deadline).ConfigureAwait(false);
            }
            finally
            {
                batch.Release();
            }
        }

        if (lane.IsTimeToFlush())
        {
            await FlushAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask FlushAsync()
    {
        await Sink.FlushAsync(_deadline).ConfigureAwait(false);
        _lane?.Settle();
    }

    private async ValueTask FailAsync(Exception exception)
    {
        var known = exception as SinkException;
        DropReason reason = known?.Reason ?? DropReason.SinkFailed;
        Failure = new SinkFailure(Sink.Ledger.Name, reason, known?.EndsQuietly ?? false, exception);
        if (_lane is null)
        {
            DrainQueue();
        }

        _onFailed(Failure);
        await FlushFailedAsync().ConfigureAwait(false);
    }

    /// <summary>Waits a little for the outcomes of what the sink sent before it failed.</summary>
    private async ValueTask FlushFailedAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_deadline);
        limit.CancelAfter(s_failedFlushTime);
        try
        {
            await Sink.FlushAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The failure is known and reported; what has no outcome is settled as dropped for its reason.
        }
    }

    /// <summary>Gives the batches back that the sink will not see; their samples are pending and settled when its ledger closes.</summary>
    private void DrainQueue()
    {
        _queue.Close(Failure?.Reason ?? DropReason.DrainTimeout);
        while (_queue.TryDequeue() is { } batch)
        {
            batch.Release();
        }
    }

    private async ValueTask DisposeSinkAsync()
    {
        try
        {
            await Sink.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (Failure is null)
            {
                Failure = new SinkFailure(Sink.Ledger.Name, DropReason.SinkFailed, EndsQuietly: false, e);
                _onFailed(Failure);
            }
        }
    }
}
