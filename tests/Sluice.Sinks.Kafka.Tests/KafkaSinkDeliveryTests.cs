// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Sinks.Kafka.Interop;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>A healthy cluster.</summary>
public sealed class KafkaSinkDeliveryTests
{
    [Fact]
    public async Task Sink_ManyConnectionsAndPartitions_DeliversEachOnceAndInOrder()
    {
        using var cluster = new MockCluster(brokers: 3);
        cluster.CreateTopic("tls", 4);
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");

        await driver.WriteNumberedAsync(perConnection: 300, connections: 50);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 15_000);
        IReadOnlyList<ConsumeResult<byte[], byte[]>> records = TopicReader.ReadAll(cluster.Address, "tls");
        NumberedSamples.AssertComplete(records, connections: 50, perConnection: 300);
        Assert.True(records.Select(r => r.Partition.Value).Distinct().Count() > 1, "All connections went to one partition.");
    }

    [Fact]
    public async Task Sink_OldEvent_BecomesRecordOfTodayWithKeyAndHeaders()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?headers=true");
        byte[] sample = new TlsSample { ConnectionId = 0xab, KtimeNs = 1, Payload = [1, 2, 3] }.Build();

        await driver.WriteAsync(sample);
        await driver.FlushAsync();

        ConsumeResult<byte[], byte[]> record = Assert.Single(TopicReader.ReadAll(cluster.Address, "tls"));
        Assert.Equal(sample, record.Message.Value);
        Assert.Equal("web-1/00000000000000ab", Encoding.UTF8.GetString(record.Message.Key));
        Assert.Equal(new RawEncoder().ContentType, TopicReader.Header(record, "content-type"));
        Assert.Equal("tls.data", TopicReader.Header(record, "event_name"));
        Assert.InRange(record.Message.Timestamp.UtcDateTime, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow.AddMinutes(5));
    }

    [Fact]
    public async Task Sink_TopicWithEvent_SortsEventsByName()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/cap-{{event}}?headers=true");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), LossSample.Build("ring_full", 1, 1), NumberedSamples.Sample(1, 1));
        await driver.FlushAsync();

        Assert.Equal(2, TopicReader.ReadAll(cluster.Address, "cap-tls.data").Count);
        ConsumeResult<byte[], byte[]> loss = Assert.Single(TopicReader.ReadAll(cluster.Address, "cap-capture.loss"));
        Assert.Equal("capture.loss", TopicReader.Header(loss, "event_name"));
        Assert.Equal("web-1", Encoding.UTF8.GetString(loss.Message.Key));
    }

    [Theory]
    [InlineData("acks=1")]
    [InlineData("acks=0")]
    [InlineData("compression=gzip")]
    [InlineData("compression=snappy")]
    [InlineData("compression=lz4")]
    [InlineData("compression=zstd")]
    [InlineData("config.linger.ms=0")]
    [InlineData("start=lazy")]
    [InlineData("headers=false")]
    [InlineData("config.queue.buffering.max.messages=7&headers=false")]
    public async Task Sink_EveryOption_DeliversAll(string option)
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?{option}");

        await driver.WriteNumberedAsync(perConnection: 2_000);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2_000);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 2_000);
    }

    [Fact]
    public async Task Sink_WithoutHeaders_HasNone()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?headers=false");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0));
        await driver.FlushAsync();

        Assert.Empty(Assert.Single(TopicReader.ReadAll(cluster.Address, "tls")).Message.Headers);
    }

    [Fact]
    public async Task Sink_MoreRecordsUnderWayThanArenas_DeliversAll()
    {
        // 65 MiB of values, none acknowledged for a while: the arenas' 64 MiB run out, and what comes then is copied.
        using var cluster = new MockCluster();
        cluster.CreateTopic("tls", 1);
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        cluster.SetDelay(5_000);

        for (ulong number = 0; number < 4_300; number += 10)
        {
            await driver.WriteAsync(NumberedSamples.Batch(driver.Pool, 10, number, payloadBytes: 16_000), TestContext.Current.CancellationToken);
        }

        Assert.InRange(driver.Ledger.Pending, 4_200, 4_300);
        cluster.SetDelay(0);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 4_300);
    }

    [Fact]
    public async Task Sink_Statistics_SayWhatWasSent()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.statistics.interval.ms=100");

        await driver.WriteNumberedAsync(perConnection: 1_000);
        await driver.FlushAsync();
        long start = Stopwatch.GetTimestamp();
        while (driver.Statistics is not { SentRecords: 1_000 } && Stopwatch.GetElapsedTime(start).TotalSeconds < 20)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        KafkaStatistics statistics = driver.Statistics!;
        Assert.Equal((1_000, 0, 1, 1), (statistics.SentRecords, statistics.QueuedRecords, statistics.Brokers, statistics.BrokersUp));
        Assert.True(statistics.RequestBytes > statistics.SentRecordBytes, "Requests hold the records.");
        Assert.True(statistics.Requests > 0 && statistics.Requests < 1_000, "Records go in batches.");
    }

    [Theory]
    [InlineData("encoding=msgpack")]
    [InlineData("encoding=msgpack&headers=false")]
    [InlineData("encoding=otlp_proto")]
    [InlineData("encoding=json&batch=true")]
    public async Task Sink_Warm_AllocatesNothingPerEvent(string options)
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?{options}");
        SampleBatch batch = NumberedSamples.Batch(driver.Pool, 500, connections: 5, payloadBytes: 256);
        await driver.WriteRepeatedlyAsync(batch, times: 100);
        await driver.FlushAsync();

        // The least of several rounds: what a batch allocates shows in each of them.
        long least = long.MaxValue;
        for (int round = 0; round < 10; round++)
        {
            long before = GC.GetTotalAllocatedBytes();
            await driver.WriteRepeatedlyAsync(batch, times: 20);
            least = Math.Min(least, GC.GetTotalAllocatedBytes() - before);
            await driver.FlushAsync();
        }

        batch.Release();
        Assert.InRange(least, 0, 10_000); // 10,000 events: the waits for room allocate a little each, the events nothing
        driver.AssertCounts(delivered: 150_000);
    }

    [Fact]
    public async Task Sink_MalformedSample_CountsItAndSendsTheOthers()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), [1, 2, 3], NumberedSamples.Sample(1, 1));
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2, dropped: new() { [DropReason.Malformed] = 1 });
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 2);
    }

    [Fact]
    public async Task Sink_SingleEvent_IsSentWithoutWaitingForAFullBatch()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        double leastMs = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long start = Stopwatch.GetTimestamp();
            await driver.WriteAsync(NumberedSamples.Sample(1, (ulong)i));
            while (driver.Ledger.Delivered <= i)
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            leastMs = Math.Min(leastMs, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        // librdkafka alone would wait a minute.
        Assert.InRange(leastMs, 0, 500);
    }

    [Fact]
    public async Task Sink_TinyQueue_WaitsAndLosesNothing()
    {
        using var cluster = new MockCluster();
        cluster.SetDelay(20);
        await using SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.queue.buffering.max.messages=10");

        await driver.WriteNumberedAsync(perConnection: 200);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 200);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, perConnection: 200);
    }

    [Fact]
    public async Task Sink_WriteCancelledOnFullQueue_CountsStayExact()
    {
        using var cluster = new MockCluster();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls?config.queue.buffering.max.messages=10");
        await using (driver)
        {
            cluster.StopBrokers();
            using var limit = new CancellationTokenSource(300);
            SampleBatch batch = NumberedSamples.Batch(driver.Pool, 100);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => driver.WriteAsync(batch, limit.Token));
            driver.AssertCounts(pending: 100);
        }

        // Ten were queued and purged; the rest was never taken and is the pipeline's to settle.
        driver.AssertCounts(pending: 90, dropped: new() { [DropReason.DrainTimeout] = 10 });
    }

    [Fact]
    public async Task Sink_FlushTimesOutThenDispose_CountsTheRestAsDrainTimeout()
    {
        using var cluster = new MockCluster();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        await using (driver)
        {
            await driver.WriteNumberedAsync(perConnection: 100);
            await driver.FlushAsync();
            cluster.StopBrokers();
            await driver.WriteNumberedAsync(perConnection: 250, first: 100);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => driver.FlushAsync(timeoutMs: 300));
            driver.AssertCounts(delivered: 100, pending: 250);
        }

        driver.AssertCounts(delivered: 100, dropped: new() { [DropReason.DrainTimeout] = 250 });
    }

    [Fact]
    public async Task Sink_DisposedTwiceOrNeverStarted_Returns()
    {
        using var cluster = new MockCluster();
        SinkDriver driver = await SinkDriver.StartAsync($"kafka://{cluster.Address}/tls");
        await driver.DisposeAsync();
        await driver.DisposeAsync();

        var options = KafkaSinkOptions.Parse(SinkUri.Parse($"kafka://{cluster.Address}/tls"));
        await new KafkaSink(options, new RawEncoder(), SinkDriver.Kinds).DisposeAsync();
        driver.AssertCounts();
    }
}
