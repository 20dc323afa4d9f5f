// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;
using Confluent.Kafka;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Records that are too large.</summary>
public sealed class KafkaSinkDeadLetterTests
{
    [Fact]
    public async Task Sink_RecordTooLarge_CountsOversizeAndSendsTheOthers()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.message.max.bytes=2000");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), NumberedSamples.Sample(1, 99, payloadBytes: 3_000), NumberedSamples.Sample(1, 1));
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2, dropped: new() { [DropReason.Oversize] = 1 });
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 2);
    }

    [Fact]
    public async Task Sink_RecordTooLargeWithDeadLetterTopic_SendsItThereCutAndMarked()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.message.max.bytes=2000&dead-letter=dead");
        byte[] large = NumberedSamples.Sample(7, 99, payloadBytes: 16_384);

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), large, NumberedSamples.Sample(1, 1));
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2, rejected: 1);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 2);
        ConsumeResult<byte[], byte[]> dead = Assert.Single(TopicReader.ReadAll(cluster.Address, "dead"));
        AssertCut(large, dead.Message.Value);
        Assert.Equal("oversize", TopicReader.Header(dead, "sluice.dead_letter.reason"));
        Assert.Equal("tls", TopicReader.Header(dead, "sluice.dead_letter.topic"));
        Assert.Equal("16536", TopicReader.Header(dead, "sluice.dead_letter.size"));
        Assert.Equal("tls.data", TopicReader.Header(dead, "event_name"));
    }

    [Fact]
    public async Task Sink_NotEvenTheCutRecordFits_CountsOversize()
    {
        using var cluster = new MockCluster();
        var padding = new PaddedEncoder(1_500);
        await using SinkDriver driver = await SinkDriver.StartAsync(
            $"kafka://{cluster.Address}/tls?config.message.max.bytes=1000&dead-letter=dead", padding);

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), LossSample.Build("ring_full", 1, 1));
        await driver.FlushAsync();

        driver.AssertCounts(dropped: new() { [DropReason.Oversize] = 2 });
    }

    private static void AssertCut(byte[] original, byte[] cut)
    {
        TlsDataHeader header = MemoryMarshal.Read<TlsDataHeader>(cut);
        Assert.InRange(cut.Length, 1_000, 2_000);
        Assert.Equal((uint)cut.Length, header.Header.Size);
        Assert.Equal(16_384u, header.CallSize);
        Assert.True(header.Header.Flags.HasFlag(SampleFlags.Truncated));
        Assert.Equal(original.AsSpan(TlsDataHeader.SizeInBytes, (int)header.PayloadSize), cut.AsSpan(TlsDataHeader.SizeInBytes));
    }
}
