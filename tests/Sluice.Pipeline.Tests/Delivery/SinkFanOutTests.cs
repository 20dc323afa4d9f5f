// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class SinkFanOutTests
{
    /// <summary>What one sink records must be in the order of what another one writes. Without the lock it fails in most runs on two processors.</summary>
    [Fact]
    public async Task Offer_FromSeveralReadersAtOnce_GivesEverySinkTheSameOrder()
    {
        const int BatchesOfReader = 5000;
        SinkWorker[] workers =
        [
            .. new[] { "one", "two", "three" }.Select(name => new SinkWorker(new ScriptedSink(name), new SinkQueueOptions(), static _ => { }, CancellationToken.None, new BatchPool(), NullLogger.Instance)),
        ];
        var fanOut = new SinkFanOut(new LossLedger(new FedCounters(), workers.Select(static worker => worker.Sink.Ledger)), workers);
        var pool = new BatchPool(arenaBytes: 16);
        using var start = new Barrier(3);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                for (int i = 0; i < BatchesOfReader; i++)
                {
                    fanOut.Offer(pool.Rent());
                }
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        SampleBatch[][] seen = Array.ConvertAll(workers, static worker => Take(worker.Queue));
        Assert.Equal(3 * BatchesOfReader, seen[0].Length);
        Assert.All(seen, batches => Assert.True(batches.SequenceEqual(seen[0]), "The sinks have the batches in different orders."));
    }

    private static SampleBatch[] Take(SinkQueue queue)
    {
        var batches = new List<SampleBatch>();
        while (queue.TryDequeue() is { } batch)
        {
            batches.Add(batch);
        }

        return [.. batches];
    }
}
