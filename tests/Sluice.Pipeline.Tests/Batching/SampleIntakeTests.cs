// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.Pipeline.Timing;
using Xunit;

namespace Sluice.Pipeline.Tests.Batching;

public sealed class SampleIntakeTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Complete_WorkerTookTheParkedBatchAndHasNotOfferedItYet_WaitsForTheOffer()
    {
        var counters = new FedCounters();
        var worker = new SinkWorker(new ScriptedSink("a"), new SinkQueueOptions(), static _ => { }, CancellationToken.None, new BatchPool(), NullLogger.Instance);
        var fanOut = new SinkFanOut(new LossLedger(counters, [worker.Sink.Ledger]), [worker]);
        using var sealing = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        bool isArmed = false;
        var clock = new KtimeClock(() => isArmed ? WaitAndRead(sealing, goOn) : 0, static () => 0);
        var intake = new SampleIntake(new BatchPool(), fanOut, clock, EventOrigin.Unknown, limit: null);

        // The worker is never started, so it is not idle and the batch stays parked.
        new Feeder(intake, counters).Feed(60);
        isArmed = true;
        Task<bool> handOn = Task.Run(intake.TryHandOnParked, TestEnd);
        Assert.True(sealing.Wait(Eventually.Patience, TestEnd));
        Task complete = Task.Run(intake.Complete, TestEnd);
        await Task.Delay(100, TestEnd);
        Assert.False(complete.IsCompleted);

        goOn.Set();
        await complete.WaitAsync(Eventually.Patience, TestEnd);
        worker.Queue.Close(DropReason.DrainTimeout);
        Assert.True(await handOn);
        Assert.Equal(60, worker.Queue.TryDequeue()?.Count);
        Assert.Equal(0, worker.Sink.Ledger.DroppedTotal);
    }

    private static long WaitAndRead(ManualResetEventSlim reached, ManualResetEventSlim goOn)
    {
        reached.Set();
        Assert.True(goOn.Wait(Eventually.Patience, TestEnd));
        return 0;
    }
}
