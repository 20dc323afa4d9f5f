// SPDX-License-Identifier: Apache-2.0
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class SinkLedgerTests
{
    [Fact]
    public void Pending_SomeOutcomesReported_IsTheRest()
    {
        var ledger = new SinkLedger("a");
        ledger.AddOffered(10);
        ledger.AddDelivered(4);
        ledger.AddRejected(1);
        ledger.AddDropped(DropReason.Oversize, 2);
        Assert.Equal(3, ledger.Pending);
    }

    [Fact]
    public void Close_SamplesPending_DropsThemForTheReason()
    {
        var ledger = new SinkLedger("a");
        ledger.AddOffered(10);
        ledger.AddDelivered(4);
        Assert.Equal(6, ledger.Close(DropReason.DrainTimeout));
        Assert.Equal(6, ledger.Dropped(DropReason.DrainTimeout));
        Assert.Equal(0, ledger.Pending);
    }

    [Fact]
    public void AddDelivered_AfterClose_CountsOnlyAsLate()
    {
        var ledger = new SinkLedger("a");
        ledger.AddOffered(10);
        ledger.Close(DropReason.DrainTimeout);
        ledger.AddDelivered(7);
        ledger.AddDropped(DropReason.Oversize, 1);
        ledger.AddRejected(2);
        Assert.Equal(10, ledger.LateOutcomes);
        Assert.Equal(0, ledger.Delivered + ledger.Rejected + ledger.Dropped(DropReason.Oversize) + ledger.Pending);
    }

    [Fact]
    public void AddOffered_AfterClose_IsDroppedForTheClosingReason()
    {
        var ledger = new SinkLedger("a");
        ledger.Close(DropReason.PipeClosed);
        ledger.AddOffered(3);
        ledger.AddRefused(DropReason.QueueFull, 3);
        Assert.Equal(3, ledger.Dropped(DropReason.PipeClosed));
        Assert.Equal(0, ledger.LateOutcomes);
        Assert.Equal(0, ledger.Dropped(DropReason.QueueFull));
        Assert.Equal(0, ledger.Pending);
    }

    [Fact]
    public void Close_Twice_KeepsTheFirstReason()
    {
        var ledger = new SinkLedger("a");
        ledger.AddOffered(1);
        ledger.Close(DropReason.SinkFailed);
        Assert.Equal(0, ledger.Close(DropReason.DrainTimeout));
        Assert.Equal(1, ledger.Dropped(DropReason.SinkFailed));
    }

    [Fact]
    public async Task Close_WhileAcknowledgementsArrive_CountsEachSampleOnce()
    {
        for (int round = 0; round < 50; round++)
        {
            var ledger = new SinkLedger("a");
            const int Samples = 2_000;
            ledger.AddOffered(Samples);
            using var bothReady = new Barrier(2);
            Task acknowledge = Task.Run(() =>
            {
                bothReady.SignalAndWait(TestContext.Current.CancellationToken);
                for (int i = 0; i < Samples; i++)
                {
                    ledger.AddDelivered(1);
                }
            }, TestContext.Current.CancellationToken);
            bothReady.SignalAndWait(TestContext.Current.CancellationToken);
            ledger.Close(DropReason.DrainTimeout);
            await acknowledge;
            Assert.Equal(Samples, ledger.Delivered + ledger.Dropped(DropReason.DrainTimeout));
            Assert.Equal(Samples, ledger.Delivered + ledger.LateOutcomes);
            Assert.Equal(0, ledger.Pending);
        }
    }

    [Fact]
    public void Spool_EventsGoThereAndComeBack_AreNeitherPendingNorLost()
    {
        var ledger = new SinkLedger("a");
        ledger.AddRecovered(10);
        ledger.AddOffered(20);
        ledger.AddSpooled(15);
        Assert.Equal((25, 5), (ledger.Spooled, ledger.Pending));
        ledger.TakeSpooled(12);
        ledger.AddDelivered(8);
        Assert.Equal((13, 9), (ledger.Spooled, ledger.Pending));
        Assert.Equal(8, ledger.SettledBySink);

        // The sink was given 12 and tells of 8; the other 4 go back, and what it says of them later is late.
        Assert.Equal(4, ledger.DetachSink(taken: 12));
        ledger.AddSpooled(4);
        ledger.AddDelivered(4);
        ledger.AddDropped(DropReason.DrainTimeout, 1);
        ledger.AddRefused(DropReason.SpoolFull, 2);
        Assert.Equal((17, 3, 8, 5), (ledger.Spooled, ledger.Pending, ledger.Delivered, ledger.LateOutcomes));
        Assert.Equal(3, ledger.Close(DropReason.DrainTimeout));
        ledger.AddSpooled(3);
        SinkCounts counts = ledger.Snapshot();
        Assert.Equal((10, 17, 0), (counts.Recovered, counts.Spooled, counts.Pending));
        Assert.Equal(counts.Offered + counts.Recovered, counts.Delivered + counts.DroppedTotal + counts.Spooled);
    }
}
