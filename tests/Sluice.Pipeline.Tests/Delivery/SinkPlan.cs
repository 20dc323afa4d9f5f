// SPDX-License-Identifier: Apache-2.0
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;

namespace Sluice.Pipeline.Tests.Delivery;

/// <summary>A sink of the conservation property.</summary>
internal sealed record SinkPlan(
    OverflowPolicy Overflow, long QueueBytes, int PauseEvery, SinkFate Fate, int FateAtBatch, int SpoolBatches, bool DropsWhenSpoolIsFull)
{
    public SinkQueueOptions Queue(FakeSpool spool) => new()
    {
        MaxBytes = QueueBytes,
        Overflow = Overflow,
        Spool = Overflow == OverflowPolicy.Spool ? spool : null,
        DropsWhenSpoolIsFull = DropsWhenSpoolIsFull,
    };

    public ScriptedSink Create(string name)
    {
        var sink = new ScriptedSink(name) { LeavesPending = Fate == SinkFate.ForgetsOutcomes };
        sink.Writing = async (batch, token) =>
        {
            if (sink.Batches >= FateAtBatch && Fate == SinkFate.Dies)
            {
                sink.Ledger.AddDelivered(batch.Count / 2);
                throw new SinkException("planned");
            }

            if (sink.Batches >= FateAtBatch && Fate == SinkFate.Hangs)
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            if (sink.Batches % PauseEvery == 0)
            {
                await Task.Yield();
            }
        };
        return sink;
    }
}
