// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Reading;

namespace Sluice.Sources.Kafka;

/// <summary>
/// Reads events as a member of a consumer group and brings them to a pipeline. Order of use: <see cref="Check"/>, <see cref="Run"/> on a thread of its own,
/// complete the pipeline, <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// Offsets are committed at checkpoints: about once a second, and before a partition is given up, reading stands still until every sink has an outcome for
/// every event (<see cref="SinkProgress"/>). Whatever happens, a record is therefore delivered at least once; what was read since the last checkpoint is
/// delivered again after a crash, with the same <c>log.record.uid</c>.
/// <para>While a sink takes no more, reading stands still too; this member stays in its group.</para>
/// </remarks>
public sealed partial class KafkaSource : IDisposable
{
    /// <summary>How long it waits for records when there are none: as long a stop takes to be noticed, and no record waits for it.</summary>
    private static readonly TimeSpan s_idleWait = TimeSpan.FromMilliseconds(100);

    /// <summary>How often the events of runs that are collected may leave although their batches are not full.</summary>
    private const long DrainIntervalMs = 2;

    /// <summary>Room that the sinks should have before a record is read: more than a record's events take, as a rule. Too little only blocks for a moment.</summary>
    private const int RoomForRecordBytes = 4 * 1024 * 1024;

    private readonly KafkaSourceOptions _options;
    private readonly ILogger _logger;
    private readonly CapturePipeline _pipeline;
    private readonly EventIntake _intake;
    private readonly SinkProgress _progress;
    private readonly RefusalReport _refusals;
    private readonly BrokerState _brokers;
    private readonly PartitionPositions _positions = new();
    private readonly IConsumer<Ignore, Nothing> _consumer;
    private readonly Func<bool> _hasRoom;
    private readonly Func<bool> _isSettled;
    private bool _isClosing;
    private Task? _close;
    private long _drainedAtMs;

    /// <param name="options">Where and how.</param>
    /// <param name="pipeline">Takes the events.</param>
    /// <param name="counters">The pipeline's.</param>
    /// <param name="mayWaitForSinks">True when every sink is of policy block: a checkpoint then waits for them as long as it takes.</param>
    /// <param name="logger">Told about partitions, outages and bad records.</param>
    /// <exception cref="SourceException">An option for librdkafka is wrong.</exception>
    /// <exception cref="DllNotFoundException">librdkafka cannot be loaded.</exception>
    public KafkaSource(KafkaSourceOptions options, CapturePipeline pipeline, FedCounters counters, bool mayWaitForSinks, ILogger logger)
    {
        _options = options;
        _pipeline = pipeline;
        _logger = logger;
        _mayWaitForSinks = mayWaitForSinks;
        _intake = new EventIntake(pipeline, counters);
        _progress = new SinkProgress(pipeline);
        _refusals = new RefusalReport(_intake, logger, options.DisplayName);
        _brokers = new BrokerState(logger, options.DisplayName);
        _hasRoom = () => _pipeline.TakesWithoutWaiting(RoomForRecordBytes);
        _isSettled = () => _progress.IsSettled;
        _consumer = BuildConsumer();
    }

    /// <summary>Waits up to five seconds for a broker that knows the topics.</summary>
    /// <exception cref="SourceException">No broker answers, or the topics or the login are refused.</exception>
    public void Check(CancellationToken cancellationToken) => new SourceCheck(_consumer, _options, _brokers).WaitUntilReady(cancellationToken);

    /// <summary>Joins the group, reads until told to stop, and hands on what it has read. Blocks.</summary>
    /// <param name="maxEvents">Stop behind the record that has this one; null for no limit.</param>
    /// <param name="stop">Ends the reading.</param>
    /// <returns>True when <paramref name="maxEvents"/> ended it.</returns>
    /// <exception cref="SourceException">The brokers do not let us read, or the client cannot go on.</exception>
    public bool Run(long? maxEvents, CancellationToken stop)
    {
        _brokers.IsWatching = true;
        _consumer.Subscribe(_options.Topics);
        _checkpointAtMs = Environment.TickCount64 + MinCheckpointIntervalMs;
        bool isIdle = false;
        while (!stop.IsCancellationRequested && !(_intake.Events >= maxEvents))
        {
            HoldUntil(_hasRoom, stop);
            isIdle = !TryReadRecord(isIdle ? s_idleWait : TimeSpan.Zero);
            long nowMs = Environment.TickCount64;
            if (isIdle || nowMs - _drainedAtMs >= DrainIntervalMs)
            {
                _intake.EndOfDrain();
                _drainedAtMs = nowMs;
                CheckpointIfDue(nowMs, stop);
                _refusals.TellIfDue(nowMs);
            }
        }

        _intake.HandOn();
        return _intake.Events >= maxEvents;
    }

    /// <summary>
    /// Commits what every sink has an outcome for, and leaves the group. To be called when the pipeline is complete and <see cref="Run"/> has returned.
    /// Waits a few seconds for the brokers at most.
    /// </summary>
    public void Finish()
    {
        _isClosing = true;
        _refusals.Finish();
        if (_positions.HasUncommitted && !TryCommitAll(s_commitTimeout))
        {
            KafkaSourceLog.LeftUncommitted(_logger, _options.DisplayName);
        }

        // Without a broker the client would wait for one.
        _close = RunAside(_consumer.Close);
        Wait(_close, s_commitTimeout);
    }

    /// <summary>Leaves without a word when <see cref="Finish"/> was not called: the group notices after its session timeout.</summary>
    public void Dispose()
    {
        _isClosing = true;
        if (_commit is { IsCompleted: false } || _close is { IsCompleted: false })
        {
            // A call waits for brokers that are not there, and the client must not be freed under it. The process is about to end.
            return;
        }

        Wait(RunAside(_consumer.Dispose), s_commitTimeout);
    }

    private IConsumer<Ignore, Nothing> BuildConsumer()
    {
        try
        {
            return new ConsumerBuilder<Ignore, Nothing>(ConsumerConfiguration.Create(_options))
                .SetValueDeserializer(new RecordDecoder(_intake))
                .SetErrorHandler((_, error) => _brokers.OnError(error))
                .SetLogHandler((_, line) => KafkaSourceLog.ClientLine(_logger, _options.DisplayName, line.Facility, line.Message))
                .SetPartitionsAssignedHandler((_, partitions) => OnAssigned(partitions))
                .SetPartitionsRevokedHandler((_, partitions) => OnRevoked(partitions))
                .SetPartitionsLostHandler((_, partitions) => OnLost(partitions))
                .Build();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or KafkaException)
        {
            throw new SourceException(
                $"Source '{_options.DisplayName}': librdkafka refuses an option: {e.Message.TrimEnd('.')}; its CONFIGURATION.md lists the properties.", e)
            {
                IsConfiguration = true,
            };
        }
    }

    /// <summary>Reads one record, whose events are in the pipeline then; false when there is none at the moment.</summary>
    private bool TryReadRecord(TimeSpan wait)
    {
        try
        {
            ConsumeResult<Ignore, Nothing>? record = _consumer.Consume(wait);
            if (record is null)
            {
                return false;
            }

            _brokers.OnAnswer();
            _positions.Advance(record.Topic, record.Partition.Value, record.Offset.Value);
            _refusals.OnRecord(record.Topic, record.Partition.Value, record.Offset.Value);
            return true;
        }
        catch (ConsumeException e)
        {
            OnConsumeError(e.Error);
            return false;
        }
        catch (KafkaException e)
        {
            OnConsumeError(e.Error);
            return false;
        }
    }

    private void OnConsumeError(Error error)
    {
        switch (error.Code)
        {
            case ErrorCode.GroupAuthorizationFailed:
                throw Refusal($"the brokers do not let this user read with group '{_options.Group}'. Give the user the right to read it, or name another --group");
            case ErrorCode.TopicAuthorizationFailed:
                throw Refusal($"the brokers do not let this user read ({error.Reason}). Give the user the right to read the topic");
            case ErrorCode.InconsistentGroupProtocol:
                throw Refusal($"group '{_options.Group}' has members that share partitions in another way. Name another --group");
            case ErrorCode.Local_Authentication or ErrorCode.SaslAuthenticationFailed:
                throw Refusal($"the brokers refuse the login ({error.Reason})");
        }

        if (error.IsFatal)
        {
            throw new SourceException($"Source '{_options.DisplayName}': the client reports a fatal error ({error.Reason}). Check the brokers' logs, then start the relay again.");
        }

        KafkaSourceLog.Trouble(_logger, _options.DisplayName, error.Reason.TrimEnd('.'));
    }

    private SourceException Refusal(string problem) => new($"Source '{_options.DisplayName}': {problem}.") { IsConfiguration = true };

    private void OnAssigned(List<TopicPartition> partitions)
    {
        _brokers.OnAnswer();
        if (partitions.Count != 0)
        {
            KafkaSourceLog.Assigned(_logger, _options.DisplayName, partitions.Count, Describe(partitions));
        }
    }

    private void OnRevoked(List<TopicPartitionOffset> partitions)
    {
        if (!_isClosing)
        {
            GiveUp([.. partitions.Select(static one => one.TopicPartition)]);
        }
    }

    private void OnLost(List<TopicPartitionOffset> partitions)
    {
        TopicPartition[] lost = [.. partitions.Select(static one => one.TopicPartition)];
        _positions.Forget(lost);
        KafkaSourceLog.Lost(_logger, _options.DisplayName, lost.Length, Describe(lost));
    }

    private static string Describe(IReadOnlyCollection<TopicPartition> partitions) =>
        string.Join(", ", partitions.GroupBy(static one => one.Topic).Select(
            static topic => $"{topic.Key} [{string.Join(", ", topic.Select(static one => one.Partition.Value).Order())}]"));
}
