// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;

namespace Sluice.Sinks.Kafka;

/// <summary>What becomes of an event that is too large for a record of its own: cut for the dead-letter topic, or dropped.</summary>
internal sealed class OversizedRecords
{
    private readonly KafkaProducer _producer;
    private readonly DeliveryOutcomes _outcomes;
    private readonly SinkLedger _ledger;
    private readonly DeadLetter? _deadLetter;

    /// <param name="producer">Takes the cut record.</param>
    /// <param name="outcomes">Told when the producer refuses it.</param>
    /// <param name="ledger">Counts what is dropped.</param>
    /// <param name="deadLetter">Cuts; null when there is no dead-letter topic.</param>
    public OversizedRecords(KafkaProducer producer, DeliveryOutcomes outcomes, SinkLedger ledger, DeadLetter? deadLetter)
    {
        _producer = producer;
        _outcomes = outcomes;
        _ledger = ledger;
        _deadLetter = deadLetter;
    }

    /// <summary>False when the queue is full and the sample must be tried again.</summary>
    public bool TrySettle(ReadOnlySpan<byte> sample, ReadOnlySpan<byte> key, in BatchStamp stamp, int encodedBytes)
    {
        if (_deadLetter is null)
        {
            _outcomes.AddOversized();
            return true;
        }

        int error = _deadLetter.Produce(_producer, sample, key, stamp, encodedBytes);
        return error == KafkaError.ERR_NO_ERROR || TrySettleRefused(error, new RecordToken(1, isDeadLetter: true));
    }

    /// <summary>Settles a record that the producer did not take; false when it must be tried again.</summary>
    public bool TrySettleRefused(int error, RecordToken token)
    {
        switch (error)
        {
            case KafkaError.ERR__QUEUE_FULL when _producer.Pending == 0:
            case KafkaError.ERR_MSG_SIZE_TOO_LARGE when !token.IsDeadLetter:
                // Not even an empty queue takes it: waiting would never end.
                _ledger.AddDropped(DropReason.Oversize, token.Events);
                return true;
            case KafkaError.ERR__QUEUE_FULL:
            case KafkaError.ERR__FATAL when _producer.Failure is not null || _producer.Pending != 0:
                // A fatal error is about to be reported; the wait that follows ends with the exception.
                return false;
            default:
                _outcomes.Add(error, token);
                return true;
        }
    }
}
