// SPDX-License-Identifier: Apache-2.0
using System;
using Microsoft.Extensions.Logging;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>Counts what became of events, by the error of their delivery report, and says so at a bounded rate. Thread-safe.</summary>
internal sealed class DeliveryOutcomes
{
    private const long LogIntervalMs = 10_000;

    private readonly SinkLedger _ledger;
    private readonly ILogger _logger;
    private readonly string _sink;
    private readonly object _gate = new();
    private long _unreported;
    private int _unreportedError;
    private long _lastLogMs = -LogIntervalMs;
    private volatile bool _hasFailed;

    public DeliveryOutcomes(SinkLedger ledger, ILogger logger, string sink)
    {
        _ledger = ledger;
        _logger = logger;
        _sink = sink;
    }

    private DropReason PurgeReason => _hasFailed ? DropReason.SinkFailed : DropReason.DrainTimeout;

    /// <summary>From now on a purged record was lost to the sink's failure and not to the end of the stop's time.</summary>
    public void SetFailed() => _hasFailed = true;

    /// <summary>Events that the brokers acknowledged.</summary>
    public void AddDelivered(long count) => _ledger.AddDelivered(count);

    /// <summary>Events whose reports did not come before the producer was freed.</summary>
    public void AddAbandoned(long count) => _ledger.AddDropped(PurgeReason, count);

    /// <summary>An event that no record can hold.</summary>
    public void AddOversized()
    {
        _ledger.AddDropped(DropReason.Oversize, 1);
        Note(KafkaError.ERR_MSG_SIZE_TOO_LARGE, 1);
    }

    /// <summary>One record whose delivery report was not plain success, or that the producer did not take.</summary>
    public void Add(int error, RecordToken token)
    {
        if (error == KafkaError.ERR_NO_ERROR)
        {
            // The dead-letter topic has what is left of it; the topic it was meant for does not.
            _ledger.AddRejected(token.Events);
            return;
        }

        AddUndelivered(error, token);
        Note(error, token.Events);
    }

    /// <summary>Writes the line that is due, if one is.</summary>
    public void Report(long nowMs, bool isLast = false)
    {
        lock (_gate)
        {
            if (_unreported == 0 || (!isLast && nowMs - _lastLogMs < LogIntervalMs))
            {
                return;
            }

            KafkaLog.NotDelivered(_logger, _sink, _unreported, Explain(_unreportedError));
            _unreported = 0;
            _lastLogMs = nowMs;
        }
    }

    private static string Explain(int error) => error switch
    {
        KafkaError.ERR_MSG_SIZE_TOO_LARGE =>
            KafkaError.Describe(error) + " (raise max.message.bytes of the topic, lower config.message.max.bytes of the sink, or name a dead-letter topic)",
        KafkaError.ERR_TOPIC_AUTHORIZATION_FAILED => KafkaError.Describe(error) + " (give the user the right to write to the topic)",
        _ => KafkaError.Describe(error),
    };

    private void AddUndelivered(int error, RecordToken token)
    {
        switch (error)
        {
            case KafkaError.ERR__MSG_TIMED_OUT or KafkaError.ERR__TIMED_OUT:
                _ledger.AddDropped(DropReason.DeliveryTimeout, token.Events);
                break;
            case KafkaError.ERR__PURGE_QUEUE or KafkaError.ERR__PURGE_INFLIGHT:
                _ledger.AddDropped(PurgeReason, token.Events);
                break;
            case var _ when token.IsDeadLetter:
                _ledger.AddDropped(DropReason.Oversize, token.Events);
                break;
            case > 0 or KafkaError.ERR__UNKNOWN_TOPIC or KafkaError.ERR__UNKNOWN_PARTITION:
                _ledger.AddRejected(token.Events);
                break;
            default:
                _ledger.AddDropped(DropReason.SinkFailed, token.Events);
                break;
        }
    }

    private void Note(int error, int events)
    {
        lock (_gate)
        {
            _unreported += events;
            _unreportedError = error;
        }
    }
}
