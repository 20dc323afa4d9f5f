// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>
/// Sends events to a Kafka topic, one or many per record. An event counts as delivered when the brokers have acknowledged it as
/// <see cref="KafkaSinkOptions.Acks"/> says; until then it waits in memory, through restarts and outages of brokers, for up to
/// <c>message.timeout.ms</c> (five minutes).
/// </summary>
/// <remarks>
/// <para>A full queue is back-pressure: <see cref="WriteAsync"/> waits. An event too large for any record that the topic takes is cut and sent to the dead-letter
/// topic (and counted as rejected: the topic does not have it), or dropped as <see cref="DropReason.Oversize"/>.</para>
/// <para>Records of one key keep their order. A record's timestamp is the time at which it was queued and not the event's, which stands in the value:
/// brokers forget by the timestamp, a log's old segments as well as what they know of a producer's batches, and with the latter
/// they no longer notice a batch that is sent again (seen with samples of 1970 and a broker that was restarted).</para>
/// <para>The sink can be driven without a pipeline: start it, count batches as offered in <see cref="Ledger"/>, write them one after
/// another, flush, dispose, close the ledger.</para>
/// </remarks>
public sealed class KafkaSink : ISink
{
    private readonly KafkaSinkOptions _options;
    private readonly IEventEncoder? _encoder;
    private readonly ILogger _logger;
    private readonly DeliveryOutcomes _outcomes;
    private readonly IReadOnlyList<EventKind> _kinds;
    private KafkaProducer? _producer;
    private IRecordWriter? _writer;
    private int _messageMaxBytes;

    /// <param name="options">Where and how.</param>
    /// <param name="kinds">The kinds of events that the run can produce, so that the sink prepares for no other.</param>
    /// <param name="logger">Told about outages and undelivered records, at a bounded rate.</param>
    public KafkaSink(KafkaSinkOptions options, IReadOnlyList<EventKind> kinds, ILogger? logger = null)
        : this(options, KafkaEncoders.ForEvents(NotNull(options).Encoding), kinds, logger)
    {
    }

    /// <inheritdoc cref="KafkaSink(KafkaSinkOptions, IReadOnlyList{EventKind}, ILogger?)"/>
    /// <param name="options">Where and how.</param>
    /// <param name="encoder">Writes the values of records of one event; may be null when records hold many.</param>
    /// <param name="kinds">The kinds of events that the run can produce.</param>
    /// <param name="logger">Told about outages and undelivered records, at a bounded rate.</param>
    internal KafkaSink(KafkaSinkOptions options, IEventEncoder? encoder, IReadOnlyList<EventKind> kinds, ILogger? logger = null)
    {
        _options = options;
        _encoder = encoder;
        _kinds = kinds;
        _logger = logger ?? NullLogger.Instance;
        Ledger = new SinkLedger(options.Name);
        _outcomes = new DeliveryOutcomes(Ledger, _logger, options.DisplayName);
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

    /// <summary>What librdkafka said of its connections and queues last; null until then, ten seconds after the start.</summary>
    public KafkaStatistics? Statistics => _producer?.Statistics;

    /// <summary>Starts the producer and, unless the sink starts lazily, waits up to five seconds for a broker that knows the topics.</summary>
    /// <inheritdoc/>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        if (_producer is not null)
        {
            throw new InvalidOperationException("The sink was started before.");
        }

        // librdkafka's calls of the start block: they must not hold a thread that others wait for.
        await Task.Run(() => StartBlockingAsync(cancellationToken), CancellationToken.None).ConfigureAwait(false);
        _writer = OpenWriter(_producer!);
    }

    /// <summary>Encodes the batch into the producer's queue; waits while that is full.</summary>
    /// <remarks>
    /// When <paramref name="cancellationToken"/> or a failure ends the wait, the samples that were not queued stay without an outcome:
    /// the owner of the ledger settles them.
    /// </remarks>
    /// <inheritdoc/>
    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        IRecordWriter writer = _writer ?? throw new InvalidOperationException("The sink was not started.");
        KafkaProducer producer = _producer!;
        ThrowIfFailed(producer);
        writer.Begin(batch);
        bool isDone = writer.TryContinue();
        producer.Announce();
        return isDone ? ValueTask.CompletedTask : WriteSlowAsync(producer, writer, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_producer is { } producer)
        {
            await producer.WaitForAllAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfFailed(producer);
        }
    }

    /// <summary>Drops, and counts as <see cref="DropReason.DrainTimeout"/>, what is not acknowledged yet: flush first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_producer is { } producer)
        {
            await producer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static KafkaSinkOptions NotNull(KafkaSinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

    private async Task StartBlockingAsync(CancellationToken cancellationToken)
    {
        KafkaProducer producer = StartProducer(brokerMessageMaxBytes: null);
        _producer = producer;
        if (_options.StartsLazily)
        {
            return;
        }

        int? limit;
        try
        {
            var check = new BrokerCheck(producer, _options, KafkaTopics.All(_options, _kinds));
            check.WaitUntilReady(cancellationToken);
            limit = check.FindMessageLimit();
        }
        catch
        {
            await producer.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        if (limit is { } bytes)
        {
            // Sizes cannot be changed once a producer runs, so a second one takes the place of the first, which has sent nothing yet.
            await producer.DisposeAsync().ConfigureAwait(false);
            _producer = StartProducer(bytes);
            KafkaLog.BatchesLimited(_logger, _options.DisplayName, bytes);
        }
    }

    private KafkaProducer StartProducer(int? brokerMessageMaxBytes)
    {
        using ConfHandle conf = KafkaConfiguration.TryCreate(_options, out string? problem, brokerMessageMaxBytes) ?? throw ConfigurationError(problem!);
        _messageMaxBytes = KafkaConfiguration.MessageMaxBytesOf(conf);
        bool sendsPartialBatches = !KafkaConfiguration.SetsLinger(_options);
        return KafkaProducer.TryStart(conf, _options.DisplayName, _outcomes, _logger, sendsPartialBatches, out string error)
            ?? throw ConfigurationError(error);
    }

    private SinkException ConfigurationError(string problem) =>
        new($"Sink '{_options.DisplayName}': {problem}.") { IsConfiguration = true };

    private IRecordWriter OpenWriter(KafkaProducer producer)
    {
        IEventBatchEncoder? batches = _options.IsBatched ? KafkaEncoders.ForBatches(_options.Encoding) : null;
        IEventEncoder single = batches is null ? _encoder! : new BatchOfOneEncoder(batches);
        var topics = new RecordTopics(_options, single.ContentType, _kinds, producer);
        var limit = new RecordLimit(_messageMaxBytes, topics.HeadersBytes);
        DeadLetter? deadLetter = _options.DeadLetterTopic is null ? null : new DeadLetter(_options, single, producer.Handle, _messageMaxBytes);
        var oversized = new OversizedRecords(producer, _outcomes, Ledger, deadLetter);
        return batches is null
            ? new EventRecordWriter(producer, topics, single, new RecordKey(_options.Key), limit, oversized, Ledger)
            : new BatchRecordWriter(producer, topics, batches, _options, limit, oversized, Ledger);
    }

    private async ValueTask WriteSlowAsync(KafkaProducer producer, IRecordWriter writer, CancellationToken cancellationToken)
    {
        bool isDone;
        do
        {
            await producer.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfFailed(producer);
            isDone = writer.TryContinue();
            producer.Announce();
        }
        while (!isDone);
    }

    private void ThrowIfFailed(KafkaProducer producer)
    {
        if (producer.Failure is { } reason)
        {
            throw new SinkException(
                $"Sink '{_options.DisplayName}': librdkafka reports a fatal error ({reason}). Check the brokers' logs, then start the capture again.");
        }
    }
}
