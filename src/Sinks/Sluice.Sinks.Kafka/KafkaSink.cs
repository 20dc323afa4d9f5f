// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
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
/// Sends every event as one record to a Kafka topic. An event counts as delivered when the brokers have acknowledged it as
/// <see cref="KafkaSinkOptions.Acks"/> says; until then it waits in memory, through restarts and outages of brokers, for up to
/// <c>message.timeout.ms</c> (five minutes).
/// </summary>
/// <remarks>
/// <para>A full queue is back-pressure: <see cref="WriteAsync"/> waits. A record longer than the topic takes is cut and sent to the dead-letter
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
    private readonly IEventEncoder _encoder;
    private readonly ILogger _logger;
    private readonly RecordKey _key;
    private readonly DeliveryOutcomes _outcomes;
    private readonly RecordTemplate?[] _templates = new RecordTemplate?[KafkaTopics.KindCount];
    private readonly IReadOnlyList<EventKind> _kinds;
    private readonly OutputBuffer _output = new();
    private DeadLetter? _deadLetter;
    private KafkaProducer? _producer;

    /// <param name="options">Where and how.</param>
    /// <param name="kinds">The kinds of events that the run can produce, so that the sink prepares for no other.</param>
    /// <param name="logger">Told about outages and undelivered records, at a bounded rate.</param>
    public KafkaSink(KafkaSinkOptions options, IReadOnlyList<EventKind> kinds, ILogger? logger = null)
        : this(options, CreateEncoder(options), kinds, logger)
    {
    }

    /// <inheritdoc cref="KafkaSink(KafkaSinkOptions, IReadOnlyList{EventKind}, ILogger?)"/>
    /// <param name="options">Where and how; its encoding is not looked at.</param>
    /// <param name="encoder">Writes the values.</param>
    /// <param name="kinds">The kinds of events that the run can produce.</param>
    /// <param name="logger">Told about outages and undelivered records, at a bounded rate.</param>
    internal KafkaSink(KafkaSinkOptions options, IEventEncoder encoder, IReadOnlyList<EventKind> kinds, ILogger? logger = null)
    {
        _options = options;
        _encoder = encoder;
        _kinds = kinds;
        _logger = logger ?? NullLogger.Instance;
        _key = new RecordKey(options.Key);
        Ledger = new SinkLedger(options.Name);
        _outcomes = new DeliveryOutcomes(Ledger, _logger, options.DisplayName);
    }

    /// <inheritdoc/>
    public SinkLedger Ledger { get; }

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
        OpenTemplates(_producer!);
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
        KafkaProducer producer = _producer ?? throw new InvalidOperationException("The sink was not started.");
        ThrowIfFailed(producer);
        int next = Enqueue(producer, batch, 0);
        return next == batch.Count ? ValueTask.CompletedTask : WriteSlowAsync(producer, batch, next, cancellationToken);
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

    private static IEventEncoder CreateEncoder(KafkaSinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Encoding == KafkaEncoding.Json ? new JsonEventEncoder() : new MessagePackEventEncoder();
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
        bool sendsPartialBatches = !KafkaConfiguration.SetsLinger(_options);
        return KafkaProducer.TryStart(conf, _options.DisplayName, _outcomes, _logger, sendsPartialBatches, out string error)
            ?? throw ConfigurationError(error);
    }

    private SinkException ConfigurationError(string problem) =>
        new($"Sink '{_options.DisplayName}': {problem}.") { IsConfiguration = true };

    private void OpenTemplates(KafkaProducer producer)
    {
        ProducerHandle handle = producer.Handle;
        foreach (EventKind kind in _kinds)
        {
            var headers = new RecordHeaders(("content-type", _encoder.ContentType), ("event_name", KafkaTopics.EventName(kind)));
            _templates[(int)kind] = new RecordTemplate(handle.OpenTopic(KafkaTopics.Of(_options.Topic, kind)), (nint)kind, headers);
            producer.Recycle((int)kind, headers);
        }

        if (_options.DeadLetterTopic is not null)
        {
            _deadLetter = new DeadLetter(_options, _encoder, handle);
        }
    }

    private async ValueTask WriteSlowAsync(KafkaProducer producer, SampleBatch batch, int next, CancellationToken cancellationToken)
    {
        while (next < batch.Count)
        {
            await producer.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            ThrowIfFailed(producer);
            next = Enqueue(producer, batch, next);
        }
    }

    private void ThrowIfFailed(KafkaProducer producer)
    {
        if (producer.Failure is { } reason)
        {
            throw new SinkException(
                $"Sink '{_options.DisplayName}': librdkafka reports a fatal error ({reason}). Check the brokers' logs, then start the capture again.");
        }
    }

    /// <summary>Queues samples from <paramref name="index"/> on; returns the index of the one for which there is no room, or the batch's count.</summary>
    private int Enqueue(KafkaProducer producer, SampleBatch batch, int index)
    {
        BatchStamp stamp = batch.Stamp;
        for (; index < batch.Count; index++)
        {
            ReadOnlySpan<byte> sample = batch[index];
            _output.Clear();
            if (!_encoder.TryEncode(sample, stamp, _output) || FindTemplate(sample) is not { } template)
            {
                Ledger.AddDropped(DropReason.Malformed, 1);
                continue;
            }

            ReadOnlySpan<byte> key = _key.Of(sample, stamp.Origin);
            int error = producer.Produce(template, key, _output.WrittenSpan);
            if (error != KafkaError.ERR_NO_ERROR && !TrySettleSlow(producer, sample, key, stamp, error))
            {
                break;
            }
        }

        producer.Announce();
        return index;
    }

    /// <summary>False when the queue is full and the sample must be tried again.</summary>
    private bool TrySettleSlow(
        KafkaProducer producer, ReadOnlySpan<byte> sample, ReadOnlySpan<byte> key, in BatchStamp stamp, int error)
    {
        nint token = 0;
        if (error == KafkaError.ERR_MSG_SIZE_TOO_LARGE)
        {
            if (_deadLetter is null)
            {
                Ledger.AddDropped(DropReason.Oversize, 1);
                return true;
            }

            token = DeliveryOutcomes.DeadLetterToken;
            error = _deadLetter.Produce(producer, sample, key, stamp, _output.Length);
        }

        switch (error)
        {
            case KafkaError.ERR_NO_ERROR:
                return true;
            case KafkaError.ERR__QUEUE_FULL when producer.Pending == 0:
                // Not even an empty queue takes it: waiting would never end.
                Ledger.AddDropped(DropReason.Oversize, 1);
                return true;
            case KafkaError.ERR__QUEUE_FULL:
                return false;
            case KafkaError.ERR__FATAL:
                // The event thread is about to report it; the wait that follows ends with the exception.
                return producer.Failure is null && producer.Pending == 0 ? Count(error, token) : false;
            default:
                return Count(error, token);
        }
    }

    private bool Count(int error, nint token)
    {
        _outcomes.Add(error, token);
        return true;
    }

    private RecordTemplate? FindTemplate(ReadOnlySpan<byte> sample)
    {
        uint kind = (uint)MemoryMarshal.Read<EventHeader>(sample).Kind;
        return kind < (uint)_templates.Length ? _templates[kind] : null;
    }
}
