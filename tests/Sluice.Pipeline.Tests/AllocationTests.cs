// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests;

[Collection(nameof(AloneInTheProcess))]
public sealed class AllocationTests
{
    private const int Batches = 2_000;
    private const int SamplesOfABatch = 100;
    private const int QueuedBatches = 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AppendAndEndOfDrain_Steady_AllocateNothingOnTheReaderAndLittleInTheWorkers(bool isMeasured)
    {
        var sink = new CountingSink();
        using var meters = new TestMeters(keepRecorded: false);
        var builder = new CapturePipelineBuilder();
        CapturePipeline pipeline = (isMeasured ? builder.UseMeters(meters) : builder)
            .AddSink(sink, new SinkQueueOptions { MaxBytes = QueuedBatches * BatchPool.DefaultArenaBytes })
            .UseOptions(new CapturePipelineOptions { ReportInterval = TimeSpan.FromHours(1) }).Build();
        await pipeline.StartAsync(TestContext.Current.CancellationToken);
        SampleIntake intake = pipeline.CreateIntake();
        // Batches in the queue, one at the sink, one at the reader; then no round can need more than there are, however the threads are scheduled.
        // Of each size: a batch that is handed on early, while the sink is becoming busy, moves to a smaller arena.
        int[] sizes = [BatchPool.SmallestArenaBytes, BatchPool.SmallestArenaBytes + 1, pipeline.Pool.ArenaBytes];
        SampleBatch[] all = [.. sizes.SelectMany(bytes => Enumerable.Range(0, QueuedBatches + 2).Select(_ => pipeline.Pool.Rent(bytes)))];
        Array.ForEach(all, static batch => batch.Release());
        // The first rounds compile the code.
        long reader = long.MaxValue;
        long process = long.MaxValue;
        for (int round = 0; round < 4; round++)
        {
            (reader, process) = MeasureRound(intake, sink);
        }

        Assert.Equal(0, reader);
        // The worker's waits: nothing for each batch. What is left is the thread pool's (a new thread, a queue segment).
        Assert.InRange(process, 0, Batches * 8);
        await pipeline.CompleteAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(isMeasured, meters.Recordings != 0);
    }

    private static (long Reader, long Process) MeasureRound(SampleIntake intake, CountingSink sink)
    {
        byte[] sample = new TlsSample { Payload = new byte[256] }.Build();
        long processBefore = GC.GetTotalAllocatedBytes(precise: true);
        long readerBefore = GC.GetAllocatedBytesForCurrentThread();
        for (int batch = 0; batch < Batches; batch++)
        {
            for (int i = 0; i < SamplesOfABatch; i++)
            {
                intake.Append(sample);
            }

            intake.EndOfDrain();
        }

        long reader = GC.GetAllocatedBytesForCurrentThread() - readerBefore;
        while (sink.Ledger.Pending != 0)
        {
            Thread.Sleep(1);
        }

        return (reader, GC.GetTotalAllocatedBytes(precise: true) - processBefore);
    }
}
