// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Otlp;

/// <summary>
/// Sends one request at a time, and the next one only when that has its final answer: so what goes through one lane arrives in order, also through retries. While
/// a request is on its way the next one is filled.
/// </summary>
/// <remarks>
/// Two requests change places: the open one belongs to whoever holds the lock, the one on its way to the lane's task. Append is called by one writer at a time.
/// </remarks>
internal sealed class OtlpLane
{
    /// <summary>
    /// A request of this size is sent without waiting for more: large enough that the cost of a request does not show beside that of its events, small enough to stay in
    /// the cache from the encoder to the socket.
    /// </summary>
    private const int GoodBytes = 512 * 1024;

    private readonly OtlpClient _client;
    private readonly ExportOutcomes _outcomes;
    private readonly ServerOutage _outage;
    private readonly SinkLedger _ledger;
    private readonly Backoff _backoff = new(Random.Shared);
    private readonly TimeSpan _linger;
    private readonly int _goodBytes;

    /// <summary>Guards the open request and the flags. The ledger's and the outcomes' locks are taken inside it.</summary>
    private readonly Lock _gate = new();

    /// <summary>Wakes the lane's task: something may be due.</summary>
    private readonly SemaphoreSlim _work = new(0, 1);

    /// <summary>Wakes the writer: the open request is a new one.</summary>
    private readonly SemaphoreSlim _room = new(0, 1);

    private OtlpRequest _open;
    private OtlpRequest _other;
    private bool _isFull;
    private TaskCompletionSource? _flushed;
    private Exception? _failure;

    public OtlpLane(OtlpSinkOptions options, OtlpClient client, ExportOutcomes outcomes, ServerOutage outage, SinkLedger ledger)
    {
        _client = client;
        _outcomes = outcomes;
        _outage = outage;
        _ledger = ledger;
        _linger = options.Linger;
        _goodBytes = Math.Min(GoodBytes, options.MaxRequestBytes);
        _open = new OtlpRequest(options.MaxRequestBytes, options.Compression);
        _other = new OtlpRequest(options.MaxRequestBytes, options.Compression);
    }

    /// <summary>
    /// Appends those samples of a batch that are this lane's, from <paramref name="index"/> on. Returns the index of the one for which there is no room until
    /// <see cref="WaitForRoomAsync"/> returns, or the batch's count.
    /// </summary>
    /// <exception cref="SinkException">The lane's task died.</exception>
    public int Append(SampleBatch batch, int index, LaneChoice choice)
    {
        BatchStamp stamp = batch.Stamp;
        (int oversize, int malformed) = (0, 0);
        lock (_gate)
        {
            ThrowIfFailedLocked();
            bool wasEmpty = _open.Count == 0;
            for (; index < batch.Count; index++)
            {
                ReadOnlySpan<byte> sample = batch[index];
                if (!choice.Takes(sample))
                {
                    continue;
                }

                AppendOutcome outcome = _open.TryAppend(sample, stamp);
                if (outcome == AppendOutcome.Full)
                {
                    _isFull = true;
                    break;
                }

                oversize += outcome == AppendOutcome.Oversize ? 1 : 0;
                malformed += outcome == AppendOutcome.Malformed ? 1 : 0;
            }

            // A request that lingers is not looked at for every batch.
            if (_isFull || wasEmpty || _open.Bytes >= _goodBytes)
            {
                Wake(_work);
            }
        }

        CountUnsent(oversize, malformed);
        return index;
    }

    /// <summary>Returns when there is room again, or was at some moment since the last call: ask again by appending.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => _room.WaitAsync(cancellationToken);

    /// <summary>Sends what is open without lingering; completes when everything has its outcome.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        Task flushed;
        lock (_gate)
        {
            ThrowIfFailedLocked();
            _flushed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = _flushed.Task;
            Wake(_work);
        }

        return flushed.WaitAsync(cancellationToken);
    }

    /// <summary>The lane's task: sends until it is stopped. Never faults.</summary>
    public async Task RunAsync(Action<Exception> onDied, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                if (TryTake(out OtlpRequest request, out TimeSpan wait))
                {
                    await SendAsync(request, stop).ConfigureAwait(false);
                    request.Clear();
                }
                else
                {
                    await _work.WaitAsync(wait, stop).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Abandon();
        }
        catch (Exception e)
        {
            Fail(e);
            onDied(e);
        }
    }

    private static void Wake(SemaphoreSlim sleeper)
    {
        // Called with the lock held, so no second caller comes between the two.
        if (sleeper.CurrentCount == 0)
        {
            sleeper.Release();
        }
    }

    private void CountUnsent(int oversize, int malformed)
    {
        if (oversize != 0)
        {
            _outcomes.AddOversize(oversize);
        }

        if (malformed != 0)
        {
            _outcomes.AddMalformed(malformed);
        }
    }

    /// <summary>Takes the open request if it is due; else says how long that can wait.</summary>
    private bool TryTake(out OtlpRequest request, out TimeSpan wait)
    {
        lock (_gate)
        {
            request = _open;
            wait = Timeout.InfiniteTimeSpan;
            if (_open.Count == 0)
            {
                _flushed?.TrySetResult();
                _flushed = null;
                return false;
            }

            TimeSpan left = _linger - Stopwatch.GetElapsedTime(_open.FirstAppendedAt);
            if (!_isFull && _flushed is null && _open.Bytes < _goodBytes && left > TimeSpan.Zero)
            {
                // Timers count whole milliseconds; a rest of less would be a loop without a wait.
                wait = left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);
                return false;
            }

            (_open, _other) = (_other, _open);
            _isFull = false;
            Wake(_room);
            return true;
        }
    }

    private async Task SendAsync(OtlpRequest request, CancellationToken stop)
    {
        OtlpMessageBytes message = request.Close();
        while (true)
        {
            ExportAnswer answer = await _client.ExportAsync(message, stop).ConfigureAwait(false);
            if (answer.Verdict is ExportVerdict.Accepted or ExportVerdict.Refused)
            {
                Settle(request.Count, answer);
                return;
            }

            _outage.OnFailure(answer.Reason, _ledger.Pending);
            await Task.Delay(_backoff.Next(answer.RetryDelay), stop).ConfigureAwait(false);
        }
    }

    private void Settle(int count, ExportAnswer answer)
    {
        _backoff.Reset();
        _outage.OnAnswered();
        if (answer.Verdict == ExportVerdict.Accepted)
        {
            _outcomes.AddAccepted(count, answer);
        }
        else
        {
            _outcomes.AddRejected(count, answer.Reason);
        }
    }

    /// <summary>The stop's time is over. Nobody appends any more.</summary>
    private void Abandon()
    {
        lock (_gate)
        {
            _outcomes.AddAbandoned(_open.Count + _other.Count);
            _open.Clear();
            _other.Clear();
            _flushed?.TrySetCanceled();
        }
    }

    private void Fail(Exception exception)
    {
        lock (_gate)
        {
            _failure = exception;
            _flushed?.TrySetException(exception);
            Wake(_room);
        }
    }

    private void ThrowIfFailedLocked()
    {
        if (_failure is not null)
        {
            throw new SinkException($"Sink '{_ledger.Name}': sending failed unexpectedly ({_failure.Message}).", innerException: _failure);
        }
    }
}
