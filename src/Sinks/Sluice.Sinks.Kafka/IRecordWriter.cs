// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Batching;

namespace Sluice.Sinks.Kafka;

/// <summary>Makes records of a batch of samples and queues them. One batch after the other, on one thread at a time.</summary>
internal interface IRecordWriter
{
    /// <summary>Takes up a batch; what is left of the one before is forgotten.</summary>
    void Begin(SampleBatch batch);

    /// <summary>
    /// Queues records; never waits. True when every sample of the batch is in a queued record or has its outcome; false when the queue is full: then
    /// the call is to be repeated.
    /// </summary>
    bool TryContinue();
}
