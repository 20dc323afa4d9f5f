// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Sluice.Sources.Kafka;

/// <summary>When reading stands still, and what is committed. On the thread of <see cref="Run"/>, inside of the consumer's calls too.</summary>
public sealed partial class KafkaSource
{
    /// <summary>A crash delivers again what was read since the last checkpoint: this long, at the rate of the sinks.</summary>
    private const long MinCheckpointIntervalMs = 1_000;

    private const long MaxCheckpointIntervalMs = 10_000;

    /// <summary>The next checkpoint is at least so many times further away than the last one stood still: it costs a twentieth of the time at most.</summary>
    private const long StallShare = 20;

    /// <summary>Where a sink drops or spools rather than to hold up the others, a checkpoint must not hold them up either.</summary>
    private const long MaxStallMs = 2_000;

    /// <summary>
    /// Reading may stand still this long without a word to the group. Then what was fetched is thrown away, to be able to ask for nothing but the group's news;
    /// shorter would fetch the same again and again for a slow sink. A rebalance waits for it; the group gives us up after max.poll.interval.ms (5 min).
    /// </summary>
    private const long SilentMs = 30_000;

    /// <summary>Giving up a partition may take this long; the group waits meanwhile (at most max.poll.interval.ms).</summary>
    private static readonly TimeSpan s_giveUpTimeout = TimeSpan.FromSeconds(30);

    /// <summary>An answer of the brokers.</summary>
    private static readonly TimeSpan s_commitTimeout = TimeSpan.FromSeconds(5);

    private readonly bool _mayWaitForSinks;
    private long _checkpointAtMs;
    private Task? _commit;
    private TopicPartitionOffset[] _committing = [];
    private double _stallMs;
    private bool _isCommitFailing;
    private bool _isInHandler;

    private void CheckpointIfDue(long nowMs, CancellationToken stop)
    {
        EndCommit();
        if (nowMs < _checkpointAtMs || _commit is not null)
        {
            return;
        }

        if (!_positions.HasUncommitted)
        {
            _checkpointAtMs = nowMs + MinCheckpointIntervalMs;
            return;
        }

        long start = Stopwatch.GetTimestamp();
        bool isSettled = TrySettle(_mayWaitForSinks ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(MaxStallMs), stop);
        _stallMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        _checkpointAtMs = Environment.TickCount64 + Math.Clamp((long)(_stallMs * StallShare), MinCheckpointIntervalMs, MaxCheckpointIntervalMs);
        if (isSettled && !_progress.IsBroken)
        {
            BeginCommit();
        }
    }

    /// <summary>Hands on everything and waits until every sink has an outcome for it.</summary>
    private bool TrySettle(TimeSpan limit, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        over.CancelAfter(limit);
        HoldUntil(_hasRoom, over.Token);
        if (over.IsCancellationRequested)
        {
            return false;
        }

        _intake.HandOn();
        long handedOn = _intake.Events + _intake.Refused;
        HoldUntil(_isSettled, over.Token);

        // A rebalance while the partitions are paused may have brought a record all the same, which no sink has seen yet.
        return _progress.IsSettled && handedOn == _intake.Events + _intake.Refused;
    }

    /// <summary>Stands still until <paramref name="isReady"/> or told to stop, and stays in the group however long that takes.</summary>
    private void HoldUntil(Func<bool> isReady, CancellationToken stop)
    {
        if (isReady())
        {
            return;
        }

        long start = Environment.TickCount64;
        while (!isReady() && !stop.IsCancellationRequested)
        {
            if (Environment.TickCount64 - start >= SilentMs && !_isInHandler)
            {
                HoldPaused(isReady, stop);
                return;
            }

            // A millisecond is what a batch of events takes to be written; a checkpoint of a fast sink costs about one.
            Thread.Sleep(1);
        }
    }

    private void HoldPaused(Func<bool> isReady, CancellationToken stop)
    {
        KafkaSourceLog.HeldBack(_logger, _options.DisplayName);
        while (!isReady() && !stop.IsCancellationRequested)
        {
            // Again each time: a rebalance may have brought partitions.
            _consumer.Pause(_consumer.Assignment);
            TryReadRecord(s_idleWait);
        }

        _consumer.Resume(_consumer.Assignment);
    }

    /// <summary>Everything that was read has an outcome before the partitions are somebody else's, if the sinks are in time.</summary>
    private void GiveUp(TopicPartition[] partitions)
    {
        _isInHandler = true;
        try
        {
            if (!TrySettle(s_giveUpTimeout, CancellationToken.None) || !TryCommitAll(s_commitTimeout))
            {
                KafkaSourceLog.GivenUpUnsettled(_logger, _options.DisplayName, s_giveUpTimeout.TotalSeconds);
            }
        }
        finally
        {
            _isInHandler = false;
        }

        _positions.Forget(partitions);
        KafkaSourceLog.Revoked(_logger, _options.DisplayName, partitions.Length, Describe(partitions));
    }

    /// <summary>Commits all that was read, if all of it has an outcome, and waits for the answer.</summary>
    private bool TryCommitAll(TimeSpan timeout)
    {
        if (!_progress.IsSettled || _progress.IsBroken)
        {
            return false;
        }

        Wait(_commit, timeout);
        EndCommit();
        if (_commit is not null)
        {
            return false;
        }

        if (_positions.HasUncommitted)
        {
            BeginCommit();
            Wait(_commit, timeout);
            EndCommit();
        }

        return !_positions.HasUncommitted;
    }

    /// <summary>The answer may take as long as the brokers are away: nobody waits for it here.</summary>
    private void BeginCommit()
    {
        _committing = _positions.Uncommitted();
        TopicPartitionOffset[] offsets = _committing;
        _commit = RunAside(() => _consumer.Commit(offsets));
    }

    private void EndCommit()
    {
        if (_commit is not { IsCompleted: true } commit)
        {
            return;
        }

        _commit = null;
        if (commit.Exception?.InnerException is { } failure)
        {
            // Once for an outage, however often it is tried.
            if (!_isCommitFailing)
            {
                _isCommitFailing = true;
                KafkaSourceLog.NotCommitted(_logger, _options.DisplayName, failure.Message.TrimEnd('.'));
            }

            return;
        }

        _isCommitFailing = false;
        _positions.NoteCommitted(_committing);
        KafkaSourceLog.Committed(_logger, _options.DisplayName, _committing.Length, _stallMs);
    }

    private static void Wait(Task? task, TimeSpan timeout)
    {
        if (task is not null)
        {
            Task.WaitAny([task], timeout);
        }
    }

    /// <summary>On a thread of its own: the client's call may block for longer than a pool can spare one.</summary>
    private static Task RunAside(Action call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
