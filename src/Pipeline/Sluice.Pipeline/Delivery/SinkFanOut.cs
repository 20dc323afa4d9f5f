// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Telemetry;

namespace Sluice.Pipeline.Delivery;

/// <summary>Hands batches to all sinks, to each in the same order. Thread-safe; the order of the batches of one intake is kept by that intake.</summary>
internal sealed class SinkFanOut
{
    /// <summary>
    /// Held while a batch goes to one queue after the other, so that what one sink has recorded is in the order of what another one has written.
    /// Inside of the intakes' locks, outside of those of ledger and queues.
    /// </summary>
    private readonly Lock _order = new();

    private readonly LossLedger _ledger;
    private readonly SinkWorker[] _workers;
    private readonly BatchMetrics? _metrics;

    /// <param name="ledger">Counts what is offered.</param>
    /// <param name="workers">The sinks.</param>
    /// <param name="metrics">Hears of every batch; null when nobody asked for metrics.</param>
    public SinkFanOut(LossLedger ledger, SinkWorker[] workers, BatchMetrics? metrics = null)
    {
        _ledger = ledger;
        _workers = workers;
        _metrics = metrics;
    }

    public LossLedger Ledger => _ledger;

    /// <summary>True when a sink has nothing to do.</summary>
    public bool AnyIdle => Array.Exists(_workers, static worker => worker.IsIdle);

    /// <summary>True when no sink is busy.</summary>
    public bool AllIdle => Array.TrueForAll(_workers, static worker => worker.IsIdle);

    /// <summary>True when handing on a batch would not have to wait for a sink of policy block.</summary>
    public bool TakesWithoutWaiting(int bytes)
    {
        foreach (SinkWorker worker in _workers)
        {
            if (!worker.TakesWithoutWaiting(bytes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits until every sink of policy block has room.</summary>
    public void WaitForRoom(int bytes)
    {
        foreach (SinkWorker worker in _workers)
        {
            worker.WaitForRoom(bytes);
        }
    }

    /// <summary>Offers the batch to every sink and gives the caller's reference back. Never waits.</summary>
    public void Offer(SampleBatch batch)
    {
        // Before the queues have it: a sink may report an outcome the moment it sees the batch.
        _ledger.CountOffered(batch.Count);
        _metrics?.RecordOffered(batch);
        lock (_order)
        {
            foreach (SinkWorker worker in _workers)
            {
                worker.Offer(batch);
            }
        }

        batch.Release();
    }
}
