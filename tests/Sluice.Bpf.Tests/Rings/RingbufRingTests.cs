// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Bpf.Tests.Rings;

public sealed class RingbufRingTests
{
    [Fact]
    public void Drain_EmptyRing_GivesNothing()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();

        DrainResult result = fake.Ring.Drain(0, ref handler);

        Assert.Equal(default, result);
        Assert.True(fake.Ring.IsEmpty);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 16)]
    [InlineData(8, 16)]
    [InlineData(9, 24)]
    [InlineData(128, 136)]
    public void Drain_OneRecord_GivesExactlyItsBytesAndFreesItsAlignedRoom(int length, long freed)
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        fake.Append(length, 0xab);

        DrainResult result = fake.Ring.Drain(3, ref handler);

        Assert.Equal(new DrainResult(1, freed), result);
        (int source, byte[] bytes) = Assert.Single(handler.Samples);
        Assert.Equal(3, source);
        Assert.Equal(Enumerable.Repeat((byte)0xab, length), bytes);
        Assert.Equal((ulong)freed, fake.PublishedPosition);
    }

    [Fact]
    public void Drain_RecordAsLargeAsTheRing_IsAnExactFit()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        fake.Append((int)FakeRingbuf.Size - 8, 0x11);

        DrainResult result = fake.Ring.Drain(0, ref handler);

        Assert.Equal(new DrainResult(1, FakeRingbuf.Size), result);
        Assert.Equal((int)FakeRingbuf.Size - 8, handler.Samples[0].Bytes.Length);
    }

    [Fact]
    public void Drain_RecordOverTheEnd_ReadsOnInTheSecondMapping()
    {
        using FakeRingbuf fake = new(startPosition: FakeRingbuf.Size - 16);
        CollectingHandler handler = new();
        fake.Append(100, 0x5a);

        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal(Enumerable.Repeat((byte)0x5a, 100), handler.Samples[0].Bytes);
    }

    [Theory]
    [InlineData(uint.MaxValue & ~7ul)]
    [InlineData(ulong.MaxValue & ~7ul)]
    [InlineData(ulong.MaxValue - 511)]
    public void Drain_PositionsOverflow_GivesEveryRecordOnce(ulong start)
    {
        using FakeRingbuf fake = new(start);
        CollectingHandler handler = new();
        for (byte i = 0; i < 20; i++)
        {
            fake.Append(100, i);
        }

        DrainResult result = fake.Ring.Drain(0, ref handler);

        Assert.Equal(new DrainResult(20, 20 * 112), result);
        Assert.Equal(Enumerable.Range(0, 20), handler.Samples.Select(sample => (int)sample.Bytes[0]));
        Assert.Equal(unchecked(start + (20 * 112)), fake.PublishedPosition);
        Assert.True(fake.Ring.IsEmpty);
    }

    [Fact]
    public void Drain_BusyRecord_StopsBeforeItUntilItIsCommitted()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        fake.Append(24, 1);
        ulong busy = fake.Append(24, 2, FakeRingbuf.Busy);
        fake.Append(24, 3);

        DrainResult first = fake.Ring.Drain(0, ref handler);
        bool emptyWhileBusy = fake.Ring.IsEmpty;
        fake.SetHeader(busy, 24);
        DrainResult second = fake.Ring.Drain(0, ref handler);

        Assert.Equal(1, first.Samples);
        Assert.False(emptyWhileBusy);
        Assert.Equal(2, second.Samples);
        Assert.Equal([1, 2, 3], handler.Samples.Select(sample => (int)sample.Bytes[0]));
    }

    [Fact]
    public void Drain_DiscardedRecord_FreesItsRoomWithoutASample()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        fake.Append(24, 1, FakeRingbuf.Discard);
        fake.Append(24, 2);

        DrainResult result = fake.Ring.Drain(0, ref handler);

        Assert.Equal(new DrainResult(1, 64), result);
        Assert.Equal(2, handler.Samples[0].Bytes[0]);
    }

    [Theory]
    [InlineData(25u)]
    [InlineData(FakeRingbuf.Size)]
    [InlineData((1u << 30) - 1)]
    public void Drain_LengthBeyondTheProducer_ThrowsAfterTheSoundRecordsAndKeepsThePosition(uint saidLength)
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        ulong corrupt = fake.Append(24, 1) + 32;
        fake.Append(24, 2, saidLength: saidLength);

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(7, ref handler));

        Assert.Contains("Ring buffer 7 is corrupt", error.Message, StringComparison.Ordinal);
        Assert.Single(handler.Samples);
        Assert.Equal(corrupt, fake.PublishedPosition);
    }

    [Fact]
    public void Drain_MoreUnreadThanTheRingHolds_Throws()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new();
        fake.ProducerPosition = FakeRingbuf.Size + 8;

        Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(0, ref handler));

        Assert.Empty(handler.Samples);
    }

    [Fact]
    public void Drain_PassLimit_EndsAtTheFirstRecordBehindItAndGoesOnNextTime()
    {
        using FakeRingbuf fake = new(maxPassBytes: 100);
        CollectingHandler handler = new();
        for (byte i = 0; i < 5; i++)
        {
            fake.Append(56, i);
        }

        DrainResult first = fake.Ring.Drain(0, ref handler);
        DrainResult second = fake.Ring.Drain(0, ref handler);
        DrainResult third = fake.Ring.Drain(0, ref handler);

        Assert.Equal([2, 2, 1], new[] { first.Samples, second.Samples, third.Samples });
        Assert.Equal([0, 1, 2, 3, 4], handler.Samples.Select(sample => (int)sample.Bytes[0]));
    }

    [Fact]
    public void Drain_LongPass_PublishesOnTheWayButNeverPastTheRecordInHand()
    {
        using FakeRingbuf fake = new();
        ulong[] published = new ulong[FakeRingbuf.Size / 64];
        CollectingHandler handler = new()
        {
            DuringSample = count =>
            {
                published[count - 1] = fake.PublishedPosition;
                Assert.Equal(fake.PublishedPosition, fake.Ring.PublishedPosition);
            },
        };
        for (int i = 0; i < published.Length; i++)
        {
            fake.Append(56, (byte)i);
        }

        _ = fake.Ring.Drain(0, ref handler);

        Assert.All(published.Index(), at => Assert.True(at.Item <= (ulong)at.Index * 64));
        Assert.True(published[^1] >= FakeRingbuf.Size * 3 / 4, "producers must get room before the pass ends");
        Assert.Equal(FakeRingbuf.Size, fake.PublishedPosition);
    }

    [Fact]
    public void Drain_HandlerThrows_CountsItsRecordAsConsumed()
    {
        using FakeRingbuf fake = new();
        CollectingHandler handler = new() { DuringSample = count => { if (count == 2) { throw new InvalidOperationException("no"); } } };
        fake.Append(8, 1);
        fake.Append(8, 2);
        fake.Append(8, 3);

        Assert.Throws<InvalidOperationException>(() => fake.Ring.Drain(0, ref handler));
        fake.Ring.Publish();
        ulong afterFailure = fake.PublishedPosition;
        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal(32ul, afterFailure);
        Assert.Equal([1, 2, 3], handler.Samples.Select(sample => (int)sample.Bytes[0]));
    }

    [Fact]
    public void Drain_SteadyState_AllocatesNothing()
    {
        using FakeRingbuf fake = new();
        CountingHandler handler = default;
        FillAndDrain(fake, ref handler);
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int i = 0; i < 100; i++)
        {
            FillAndDrain(fake, ref handler);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(101 * 30, handler.Count);
    }

    private static void FillAndDrain(FakeRingbuf fake, ref CountingHandler handler)
    {
        for (int i = 0; i < 30; i++)
        {
            fake.Append(120, 1);
        }

        _ = fake.Ring.Drain(0, ref handler);
    }

    private struct CountingHandler : ISampleHandler
    {
        public int Count;

        public void OnSample(int source, scoped ReadOnlySpan<byte> sample) => Count++;

        public readonly void OnLost(int source, ulong count)
        {
        }

        public readonly void OnBatchEnd()
        {
        }
    }
}
