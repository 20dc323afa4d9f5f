// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Pipeline.Tests.Delivery;

public sealed class SinkQueueTests
{
    private const int Arena = 256 * 1024;

    private static readonly TimeSpan s_aWhile = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longEnough = TimeSpan.FromSeconds(10);

    private readonly BatchPool _pool = new(Arena);

    [Fact]
    public void TryEnqueue_DropNewestAtTheLimit_RefusesAsQueueFullAndKeepsNoReference()
    {
        SinkQueue queue = Queue(OverflowPolicy.DropNewest, arenas: 2);
        Assert.True(Put(queue));
        Assert.True(Put(queue));
        SampleBatch third = _pool.Rent();
        Assert.False(queue.TryEnqueue(third, out DropReason refusal));
        Assert.Equal(DropReason.QueueFull, refusal);
        third.Release();
        Assert.Equal(2, _pool.Outstanding);
        Assert.Equal(2 * Arena, queue.QueuedBytes);
    }

    [Fact]
    public void TryEnqueue_RoomMadeByTheReader_TakesAgain()
    {
        SinkQueue queue = Queue(OverflowPolicy.DropNewest, arenas: 1);
        Assert.True(Put(queue));
        Assert.False(Put(queue));
        queue.TryDequeue()!.Release();
        Assert.True(Put(queue));
    }

    [Fact]
    public void TryEnqueue_BatchLargerThanTheWholeQueue_FitsWhenItIsEmpty()
    {
        var queue = new SinkQueue(new SinkQueueOptions { MaxBytes = 1, Overflow = OverflowPolicy.DropNewest });
        Assert.True(Put(queue));
        Assert.False(Put(queue));
    }

    [Fact]
    public void TryEnqueue_SmallArenas_TheBoundIsInBytesNotInBatches()
    {
        SinkQueue queue = Queue(OverflowPolicy.DropNewest, arenas: 1);
        int taken = 0;
        while (queue.TryEnqueue(_pool.Rent(1), out _))
        {
            taken++;
        }

        Assert.Equal(Arena / BatchPool.SmallestArenaBytes, taken);
    }

    [Fact]
    public void TryEnqueue_Closed_RefusesWithTheReasonOfTheClose()
    {
        SinkQueue queue = Queue(OverflowPolicy.Block, arenas: 1);
        queue.Close(DropReason.PipeClosed);
        queue.Close(DropReason.DrainTimeout);
        Assert.False(queue.TryEnqueue(_pool.Rent(), out DropReason refusal));
        Assert.Equal(DropReason.PipeClosed, refusal);
    }

    [Fact]
    public async Task WaitForRoom_BlockAndFull_ReturnsWhenTheReaderMakesRoom()
    {
        SinkQueue queue = Queue(OverflowPolicy.Block, arenas: 1);
        Put(queue);
        Task waiting = Task.Run(() => queue.WaitForRoom(Arena), TestContext.Current.CancellationToken);
        await Task.Delay(s_aWhile, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        Assert.False(queue.TakesWithoutWaiting(Arena));
        queue.TryDequeue();
        await waiting.WaitAsync(s_longEnough, TestContext.Current.CancellationToken);
        Assert.True(queue.TakesWithoutWaiting(Arena));
    }

    [Fact]
    public async Task WaitForRoom_BlockAndFull_ReturnsWhenTheQueueIsClosed()
    {
        SinkQueue queue = Queue(OverflowPolicy.Block, arenas: 1);
        Put(queue);
        Task waiting = Task.Run(() => queue.WaitForRoom(Arena), TestContext.Current.CancellationToken);
        await Task.Delay(s_aWhile, TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        queue.Close(DropReason.SinkFailed);
        await waiting.WaitAsync(s_longEnough, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void WaitForRoom_DropNewestAndFull_ReturnsAtOnce()
    {
        SinkQueue queue = Queue(OverflowPolicy.DropNewest, arenas: 1);
        Put(queue);
        queue.WaitForRoom(Arena);
        Assert.True(queue.TakesWithoutWaiting(Arena));
    }

    [Fact]
    public async Task WaitToDequeueAsync_ClosedWithBatchesLeft_GivesThemFirst()
    {
        SinkQueue queue = Queue(OverflowPolicy.Block, arenas: 1);
        Put(queue);
        queue.Close(DropReason.DrainTimeout);
        Assert.True(await queue.WaitToDequeueAsync());
        Assert.NotNull(queue.TryDequeue());
        Assert.False(await queue.WaitToDequeueAsync());
        Assert.Null(queue.TryDequeue());
    }

    private static SinkQueue Queue(OverflowPolicy overflow, int arenas) =>
        new(new SinkQueueOptions { MaxBytes = arenas * (long)Arena, Overflow = overflow });

    private bool Put(SinkQueue queue)
    {
        SampleBatch batch = _pool.Rent();
        bool taken = queue.TryEnqueue(batch, out _);
        batch.Release();
        return taken;
    }
}
