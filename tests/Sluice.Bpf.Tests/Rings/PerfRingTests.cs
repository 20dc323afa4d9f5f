// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Xunit;

namespace Sluice.Bpf.Tests.Rings;

public sealed class PerfRingTests
{
    private const uint Throttle = 5;

    [Fact]
    public void Drain_EmptyBuffer_GivesNothing()
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();

        Assert.Equal(default, fake.Ring.Drain(0, ref handler));
        Assert.True(fake.Ring.IsEmpty);
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(5, 7)]
    [InlineData(8, 4)]
    [InlineData(11, 1)]
    [InlineData(12, 0)]
    public void Drain_SampleOfAnyLength_GivesItsBytesAndUpToSevenOfPadding(int length, int padding)
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        byte[] sent = [.. Enumerable.Range(1, length).Select(i => (byte)i)];
        fake.AppendSample(sent);

        DrainResult result = fake.Ring.Drain(2, ref handler);

        (int source, byte[] bytes) = Assert.Single(handler.Samples);
        Assert.Equal(2, source);
        Assert.Equal(sent, bytes[..length]);
        Assert.Equal(length + padding, bytes.Length);
        Assert.Equal(1, result.Samples);
        Assert.Equal(fake.Head, fake.PublishedPosition);
    }

    [Theory]
    [InlineData(FakePerfBuffer.Size - 8)]
    [InlineData(FakePerfBuffer.Size - 16)]
    [InlineData(FakePerfBuffer.Size - 64)]
    [InlineData(FakePerfBuffer.Size - 112)]
    public void Drain_SampleOverTheEnd_IsPutTogether(ulong start)
    {
        using FakePerfBuffer fake = new(start);
        CollectingHandler handler = new();
        byte[] sent = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        fake.AppendSample(sent);
        fake.AppendSample(sent);

        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal(2, handler.Samples.Count);
        Assert.All(handler.Samples, sample => Assert.Equal(sent, sample.Bytes));
    }

    [Fact]
    public void Drain_RecordAsLargeAsTheBuffer_IsAnExactFit()
    {
        using FakePerfBuffer fake = new(startPosition: 1024);
        CollectingHandler handler = new();
        byte[] sent = [.. Enumerable.Range(0, (int)FakePerfBuffer.Size - 12).Select(i => (byte)(i * 7))];
        fake.AppendSample(sent);

        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal(sent, Assert.Single(handler.Samples).Bytes);
    }

    [Theory]
    [InlineData(uint.MaxValue & ~7ul)]
    [InlineData(ulong.MaxValue & ~7ul)]
    [InlineData(ulong.MaxValue - 511)]
    public void Drain_PositionsOverflow_GivesEveryRecordOnce(ulong start)
    {
        using FakePerfBuffer fake = new(start);
        CollectingHandler handler = new();
        for (byte i = 0; i < 20; i++)
        {
            fake.AppendSample([i, 0, 0, 0]);
        }

        _ = fake.Ring.Drain(0, ref handler);

        Assert.Equal(Enumerable.Range(0, 20), handler.Samples.Select(sample => (int)sample.Bytes[0]));
        Assert.True(fake.Ring.IsEmpty);
    }

    [Fact]
    public void Drain_LostRecord_ReportsTheCountBetweenItsNeighbours()
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.AppendSample([1, 0, 0, 0]);
        fake.AppendLost(42);
        fake.AppendSample([2, 0, 0, 0]);

        DrainResult result = fake.Ring.Drain(1, ref handler);

        Assert.Equal(2, result.Samples);
        Assert.Equal((1, 42ul), Assert.Single(handler.Lost));
    }

    [Fact]
    public void Drain_RecordOfAnotherType_IsSkipped()
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.AppendRecord(Throttle, new byte[24]);
        fake.AppendSample([1, 0, 0, 0]);

        DrainResult result = fake.Ring.Drain(0, ref handler);

        Assert.Equal(1, result.Samples);
        Assert.Empty(handler.Lost);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(32)]
    [InlineData(65528)]
    public void Drain_RecordSizeThatCannotBe_ThrowsAndKeepsThePosition(int saidSize)
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.AppendSample([1, 2, 3, 4]);
        ulong corrupt = fake.Head;
        fake.AppendRecord(9, new byte[16], (ushort)saidSize);

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(5, ref handler));

        Assert.Contains("Perf buffer 5 is corrupt", error.Message, StringComparison.Ordinal);
        Assert.Single(handler.Samples);
        Assert.Equal(corrupt, fake.PublishedPosition);
    }

    [Theory]
    [InlineData(5u)]
    [InlineData(uint.MaxValue)]
    public void Drain_RawSizeBeyondItsRecord_ThrowsWithoutASample(uint saidRawSize)
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.AppendSample([1, 2, 3, 4], saidRawSize);
        fake.AppendSample([1, 2, 3, 4]);

        Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(0, ref handler));

        Assert.Empty(handler.Samples);
    }

    [Theory]
    [InlineData(9u)]
    [InlineData(2u)]
    public void Drain_RecordWithoutItsFixedPart_Throws(uint type)
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.AppendRecord(type, []);

        Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(0, ref handler));
    }

    [Fact]
    public void Drain_PassLimit_EndsAtTheFirstRecordBehindItAndGoesOnNextTime()
    {
        using FakePerfBuffer fake = new(maxPassBytes: 40);
        CollectingHandler handler = new();
        for (byte i = 0; i < 5; i++)
        {
            fake.AppendSample([i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // 24 bytes on the ring
        }

        DrainResult first = fake.Ring.Drain(0, ref handler);
        DrainResult second = fake.Ring.Drain(0, ref handler);
        DrainResult third = fake.Ring.Drain(0, ref handler);

        Assert.Equal([2, 2, 1], new[] { first.Samples, second.Samples, third.Samples });
    }

    [Fact]
    public void Drain_LongPass_PublishesOnTheWayButNeverPastTheRecordInHand()
    {
        using FakePerfBuffer fake = new();
        ulong[] published = new ulong[FakePerfBuffer.Size / 64];
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
            fake.AppendSample(new byte[52]);
        }

        _ = fake.Ring.Drain(0, ref handler);

        Assert.All(published.Index(), at => Assert.True(at.Item <= (ulong)at.Index * 64));
        Assert.True(published[^1] >= FakePerfBuffer.Size * 3 / 4, "the kernel must get room before the pass ends");
    }

    [Fact]
    public void Drain_MoreUnreadThanTheBufferHolds_Throws()
    {
        using FakePerfBuffer fake = new();
        CollectingHandler handler = new();
        fake.Head = FakePerfBuffer.Size + 8;

        Assert.Throws<InvalidDataException>(() => fake.Ring.Drain(0, ref handler));
    }
}
