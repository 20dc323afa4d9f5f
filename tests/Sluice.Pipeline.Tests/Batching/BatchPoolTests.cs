// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Xunit;

namespace Sluice.Pipeline.Tests.Batching;

public sealed class BatchPoolTests
{
    [Fact]
    public void Rent_WithoutSize_GivesTheLargestArena()
    {
        var pool = new BatchPool(256 * 1024);
        Assert.Equal(256 * 1024, pool.Rent().CapacityBytes);
    }

    [Theory]
    [InlineData(0, 4 * 1024)]
    [InlineData(4 * 1024, 4 * 1024)]
    [InlineData((4 * 1024) + 1, 32 * 1024)]
    [InlineData(32 * 1024, 32 * 1024)]
    [InlineData((32 * 1024) + 1, 256 * 1024)]
    public void Rent_WithSize_GivesTheSmallestArenaThatHoldsIt(int bytes, int arena)
    {
        var pool = new BatchPool(256 * 1024);
        Assert.Equal(arena, pool.Rent(bytes).CapacityBytes);
    }

    [Fact]
    public void Rent_MoreThanTheLargest_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPool(64 * 1024).Rent((64 * 1024) + 1));

    [Fact]
    public void Rent_AfterTheLastRelease_GivesTheSameArenaEmpty()
    {
        var pool = new BatchPool();
        SampleBatch batch = pool.Rent();
        batch.TryAppend([1, 2, 3]);
        batch.AddReference();
        batch.Release();
        Assert.Equal(1, pool.Outstanding);
        batch.Release();
        Assert.Equal(0, pool.Outstanding);
        Assert.Same(batch, pool.Rent());
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void Return_MoreThanIsKept_LeavesTheRestToTheCollector()
    {
        var pool = new BatchPool(keepAtMost: 1);
        SampleBatch first = pool.Rent();
        SampleBatch second = pool.Rent();
        first.Release();
        second.Release();
        Assert.Same(first, pool.Rent());
        Assert.NotSame(first, second);
        Assert.NotSame(second, pool.Rent());
    }

    [Fact]
    public void TrimIdle_BatchesNotNeededSinceTheLastTime_GivesUpExactlyThose()
    {
        var pool = new BatchPool();
        SampleBatch[] batches = [pool.Rent(), pool.Rent(), pool.Rent()];
        Array.ForEach(batches, static batch => batch.Release());
        pool.TrimIdle();
        // Two of the three are needed in this interval.
        SampleBatch[] again = [pool.Rent(), pool.Rent()];
        Array.ForEach(again, static batch => batch.Release());
        pool.TrimIdle();
        again = [pool.Rent(), pool.Rent(), pool.Rent()];
        Assert.Equal(2, Array.FindAll(again, batch => Array.IndexOf(batches, batch) >= 0).Length);
    }

    [Fact]
    public void Release_TooOften_Throws()
    {
        SampleBatch batch = new BatchPool().Rent();
        batch.Release();
        Assert.Throws<InvalidOperationException>(batch.Release);
    }

    [Fact]
    public void CopyFrom_ManyTinySamples_KeepsThemAll()
    {
        var pool = new BatchPool();
        SampleBatch source = pool.Rent();
        for (int i = 0; i < 3_000; i++)
        {
            source.TryAppend([(byte)i]);
        }

        SampleBatch copy = pool.Rent(source.ByteCount);
        copy.CopyFrom(source);
        Assert.Equal(3_000, copy.Count);
        for (int i = 0; i < 3_000; i++)
        {
            Assert.Equal([(byte)i], copy[i].ToArray());
        }
    }
}
