// SPDX-License-Identifier: Apache-2.0
using System;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class LossLedgerTests
{
    [Fact]
    public void ToJson_FreshLedger_HasTheDocumentedShapeWithAllCauses()
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("jsonl:/tmp/a")]);
        Assert.Equal(
            """{"submitted":0,"kernel_lost":{"ring_full":0,"map_full":0,"no_scratch":0},"kernel_filtered":0,"kernel_skipped_runs":0,"truncated":{"read_fault":0,"size_limit":0},"read":0,"in_flight":0,"filtered":0,"synthesized":0,"resequencer_gaps":0,"resequencer_late":0,"final":false,"sinks":{"jsonl:/tmp/a":{"delivered":0,"dropped":{},"rejected":0,"pending":0,"duplicates":0,"recovered":0,"spooled":0}}}""",
            ledger.ToJson());
    }

    [Fact]
    public void ToJson_EverythingCounted_PutsEachNumberInItsPlace()
    {
        var kernel = new FixedKernelCounters(new KernelCounts(100, 7, 5, 3, 11, 12, 13) { SkippedRuns = 14 });
        var sink = new SinkLedger("a");
        var ledger = new LossLedger(kernel, [sink]);
        ledger.CountSynthesized(1);
        ledger.CountOffered(80);
        ledger.CountFiltered(4);
        ledger.CountUnusable(DropReason.Malformed, 2);
        ledger.CountResequenced(21, 22);
        sink.AddDelivered(70);
        sink.AddDropped(DropReason.QueueFull, 6);
        sink.AddRejected(1);
        sink.AddDuplicates(9);
        JsonElement json = JsonDocument.Parse(ledger.ToJson()).RootElement;
        Assert.Equal(101, json.GetProperty("submitted").GetInt64());
        Assert.Equal("""{"ring_full":7,"map_full":5,"no_scratch":3}""", json.GetProperty("kernel_lost").GetRawText());
        Assert.Equal(13, json.GetProperty("kernel_filtered").GetInt64());
        Assert.Equal(14, json.GetProperty("kernel_skipped_runs").GetInt64());
        Assert.Equal("""{"read_fault":11,"size_limit":12}""", json.GetProperty("truncated").GetRawText());
        Assert.Equal(86, json.GetProperty("read").GetInt64());
        Assert.Equal(0, json.GetProperty("in_flight").GetInt64());
        Assert.Equal(4, json.GetProperty("filtered").GetInt64());
        Assert.Equal(1, json.GetProperty("synthesized").GetInt64());
        Assert.Equal(21, json.GetProperty("resequencer_gaps").GetInt64());
        Assert.Equal(22, json.GetProperty("resequencer_late").GetInt64());
        Assert.Equal(
            """{"delivered":70,"dropped":{"queue_full":6,"malformed":2},"rejected":1,"pending":3,"duplicates":9,"recovered":0,"spooled":0}""",
            json.GetProperty("sinks").GetProperty("a").GetRawText());
        Assert.Empty(ledger.Verify());
    }

    [Fact]
    public void Verify_FinalWithSamplesInFlight_SaysHowMany()
    {
        var ledger = new LossLedger(new FixedKernelCounters(new KernelCounts(10, 2, 0, 0, 0, 0, 0)), [new SinkLedger("a")]);
        Assert.Empty(ledger.Verify());
        ledger.MarkFinal();
        Assert.Contains("8 samples are unaccounted for", Assert.Single(ledger.Verify()), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_FinalWithMoreReadThanSubmitted_IsBroken()
    {
        var ledger = new LossLedger(new FixedKernelCounters(), [new SinkLedger("a")]);
        ledger.CountFiltered(1);
        ledger.MarkFinal();
        Assert.Contains(ledger.Verify(), static text => text.StartsWith("submitted 0 != read 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_SinkReportsMoreThanItWasOffered_IsBroken()
    {
        var sink = new SinkLedger("a");
        var ledger = new LossLedger(new FixedKernelCounters(), [sink]);
        sink.AddDelivered(1);
        Assert.StartsWith("a: read 0 !=", Assert.Single(ledger.Verify()), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_SinkWasOfferedWhatNobodyRead_IsBroken()
    {
        var sink = new SinkLedger("a");
        var ledger = new LossLedger(new FixedKernelCounters(), [sink]);
        sink.AddOffered(1);
        Assert.StartsWith("a: read 0 !=", Assert.Single(ledger.Verify()), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_FinalWithPendingSamples_IsBroken()
    {
        var counters = new FixedKernelCounters(new KernelCounts(1, 0, 0, 0, 0, 0, 0));
        var ledger = new LossLedger(counters, [new SinkLedger("a")]);
        ledger.CountOffered(1);
        ledger.MarkFinal();
        Assert.Equal("a: 1 samples are still pending at the end", Assert.Single(ledger.Verify()));
    }

    [Fact]
    public void Snapshot_KernelCopyOfARunningCpuTorn_NeverShowsNegativeInFlight()
    {
        // The loss is in the copy already, its `submitted` not yet.
        var ledger = new LossLedger(new FixedKernelCounters(new KernelCounts(5, 3, 0, 0, 0, 0, 0)), [new SinkLedger("a")]);
        ledger.CountOffered(3);
        LedgerSnapshot snapshot = ledger.Snapshot();
        Assert.Equal(0, snapshot.InFlight);
        Assert.Equal(6, snapshot.Submitted);
        Assert.Empty(snapshot.Verify());
    }

    [Fact]
    public void Constructor_TwoSinksOfOneName_NamesTheRemedy()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => new LossLedger(new FixedKernelCounters(), [new SinkLedger("null:"), new SinkLedger("null:")]));
        Assert.Contains("?name=", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToText_LossAndDrops_NamesCausesAndReasons()
    {
        var sink = new SinkLedger("kafka://b/t");
        var ledger = new LossLedger(new FixedKernelCounters(new KernelCounts(10, 2, 0, 1, 0, 0, 0)), [sink]);
        ledger.CountOffered(7);
        sink.AddDelivered(5);
        sink.AddDropped(DropReason.DrainTimeout, 2);
        ledger.MarkFinal();
        Assert.Equal(
            "submitted 10, lost in the kernel 3 (ring_full 2, no_scratch 1), read 7, filtered 0\n  kafka://b/t: delivered 5, dropped 2 (drain_timeout)\n",
            ledger.ToText());
    }

    [Fact]
    public void ToText_SinkWithoutTargetAndAnOutcomeThatCameTooLate_PrintsOneColonAndNoMoreLoss()
    {
        var sink = new SinkLedger("console:");
        var ledger = new LossLedger(new FixedKernelCounters(new KernelCounts(20, 0, 0, 0, 0, 0, 0)), [sink]);
        ledger.CountOffered(20);
        sink.AddDelivered(18);
        sink.Close(DropReason.DrainTimeout);
        sink.AddDelivered(2);
        Assert.EndsWith("\n  console: delivered 18, dropped 2 (drain_timeout)\n", ledger.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_WhileSamplesFlow_EveryEquationHoldsInEachOne()
    {
        var counters = new FedCounters();
        SinkLedger[] sinks = [new("a"), new("b")];
        var ledger = new LossLedger(counters, sinks);
        using var stop = new CancellationTokenSource();
        Task[] writers = Array.ConvertAll(sinks, sink => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                counters.AddSubmitted(3);
                ledger.CountOffered(2);
                ledger.CountFiltered(1);
                sink.AddDelivered(1);
                sink.AddDropped(DropReason.QueueFull, 1);
            }
        }));
        for (long seen = 0; seen < 5_000;)
        {
            LedgerSnapshot snapshot = ledger.Snapshot();
            Assert.Empty(snapshot.Verify());
            seen = snapshot.Read;
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }

    [Fact]
    public void Spool_InTextJsonAndEquation_HasItsTerms()
    {
        var sink = new SinkLedger("kafka://b/t");
        var ledger = new LossLedger(new FixedKernelCounters(new KernelCounts(10, 0, 0, 0, 0, 0, 0)), [sink]);
        ledger.CountOffered(10);
        sink.AddRecovered(7);
        sink.AddSpooled(6);
        sink.TakeSpooled(7);
        sink.AddDelivered(11);
        sink.AddDuplicates(2);
        ledger.MarkFinal();
        Assert.Empty(ledger.Verify());
        Assert.Equal(
            "submitted 10, lost in the kernel 0, read 10, filtered 0\n  kafka://b/t: delivered 11, in the spool 6, recovered 7, duplicates 2\n",
            ledger.ToText());
        JsonElement json = JsonDocument.Parse(ledger.ToJson()).RootElement.GetProperty("sinks").GetProperty("kafka://b/t");
        Assert.Equal((7, 6), (json.GetProperty("recovered").GetInt64(), json.GetProperty("spooled").GetInt64()));
        sink.TakeSpooled(1);
        Assert.Equal("kafka://b/t: 1 samples are still pending at the end", Assert.Single(ledger.Verify()));
    }
}
