// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;
using Sluice.TestSupport.Otlp;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Many events in a record.</summary>
public sealed class KafkaSinkBatchTests
{
    [Theory]
    [InlineData("json&batch=true")]
    [InlineData("otlp_proto")]
    public async Task Sink_ManyConnections_DeliversEachEventOnceAndInOrderUnderItsKey(string encoding)
    {
        using var cluster = new MockCluster();
        cluster.CreateTopic("tls", 4);
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?encoding={encoding}");

        await driver.WriteNumberedAsync(perConnection: 200, connections: 20);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 4_000);
        IReadOnlyList<ConsumeResult<byte[], byte[]>> records = TopicReader.ReadAll(cluster.Address, "tls");
        Assert.Equal(4_000 / 25, records.Count); // batches of 500 samples: 25 of each connection
        AssertEachOnceInOrder(records, connections: 20, perConnection: 200);
        Assert.True(records.Select(r => r.Partition.Value).Distinct().Count() > 1, "All connections went to one partition.");
        Assert.All(records, r => Assert.Equal(encoding == "otlp_proto" ? "application/x-protobuf" : "application/json", TopicReader.Header(r, "content-type")));
    }

    [Theory]
    [InlineData("host", "web-1")]
    [InlineData("none", null)]
    public async Task Sink_OneKeyForAll_PutsABatchOfSamplesIntoOneRecord(string key, string? expected)
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?encoding=json&batch=true&key={key}");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), LossSample.Build("ring_full", 1, 1), NumberedSamples.Sample(2, 0));
        await driver.FlushAsync();

        ConsumeResult<byte[], byte[]> record = Assert.Single(TopicReader.ReadAll(cluster.Address, "tls"));
        using JsonDocument array = JsonDocument.Parse(record.Message.Value);
        Assert.Equal(
            ["tls.data", "capture.loss", "tls.data"], array.RootElement.EnumerateArray().Select(e => e.GetProperty("event_name").GetString()));
        Assert.Equal(expected, record.Message.Key is null ? null : Encoding.UTF8.GetString(record.Message.Key));
    }

    [Fact]
    public async Task Sink_TopicWithEvent_KeepsEventsOfDifferentTopicsApart()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/cap-{{event}}?encoding=otlp_proto&key=none");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), LossSample.Build("ring_full", 1, 1), NumberedSamples.Sample(2, 0));
        await driver.FlushAsync();

        Assert.Equal(2, Assert.Single(TopicReader.ReadAll(cluster.Address, "cap-tls.data").Select(LogsOf)).Count);
        Assert.Equal("capture.loss", Assert.Single(TopicReader.ReadAll(cluster.Address, "cap-capture.loss").SelectMany(LogsOf)).EventName);
    }

    [Theory]
    [InlineData("json&batch=true")]
    [InlineData("msgpack&batch=true")]
    [InlineData("otlp_proto")]
    public async Task Sink_RecordWouldBeTooLong_IsSplitJustBelowTheLimit(string encoding)
    {
        using var cluster = new MockCluster();
        const int limit = 5_000;
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync(
            $"kafka://{cluster.Address}/tls?encoding={encoding}&key=host&config.message.max.bytes={limit}");

        await driver.WriteNumberedAsync(perConnection: 400);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 400);
        IReadOnlyList<ConsumeResult<byte[], byte[]>> records = TopicReader.ReadAll(cluster.Address, "tls");
        Assert.InRange(records.Max(r => r.Message.Value.Length), limit - 1_200, limit);
        if (!encoding.StartsWith("msgpack", StringComparison.Ordinal))
        {
            AssertEachOnceInOrder(records, connections: 1, perConnection: 400);
        }
    }

    [Theory]
    [InlineData("batch-events=7", 15)] // 14 of 7 and one of 2
    [InlineData("batch-events=1", 100)]
    [InlineData("batch-bytes=1", 0)]
    public async Task Sink_LimitOfItsOwn_BoundsTheRecords(string limit, int expected)
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?encoding=json&batch=true&{limit}");

        await driver.WriteNumberedAsync(perConnection: 100);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: expected == 0 ? 0 : 100, dropped: new() { [DropReason.Oversize] = expected == 0 ? 100 : 0 });
        Assert.Equal(expected, TopicReader.ReadAll(cluster.Address, "tls").Count);
    }

    [Fact]
    public async Task Sink_OneEventTooLarge_GoesToTheDeadLetterTopicAlone()
    {
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync(
            $"kafka://{cluster.Address}/tls?encoding=otlp_proto&config.message.max.bytes=4000&dead-letter=dead");

        await driver.WriteAsync(NumberedSamples.Sample(1, 0), NumberedSamples.Sample(1, 1, payloadBytes: 16_384), [1, 2, 3], NumberedSamples.Sample(1, 2));
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 2, rejected: 1, dropped: new() { [DropReason.Malformed] = 1 });
        Assert.Equal([0L, 2L], TopicReader.ReadAll(cluster.Address, "tls").SelectMany(LogsOf).Select(SequenceOf));
        ConsumeResult<byte[], byte[]> dead = Assert.Single(TopicReader.ReadAll(cluster.Address, "dead"));
        Assert.Equal("oversize", TopicReader.Header(dead, "sluice.dead_letter.reason"));
        Assert.Equal(1, SequenceOf(Assert.Single(LogsOf(dead))));
    }

    [Fact]
    public async Task Sink_TinyQueue_WaitsAndLosesNothing()
    {
        using var cluster = new MockCluster();
        cluster.SetDelay(20);
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync(
            $"kafka://{cluster.Address}/tls?encoding=json&batch=true&batch-events=3&config.queue.buffering.max.messages=2");

        await driver.WriteNumberedAsync(perConnection: 60, connections: 3);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 180);
        AssertEachOnceInOrder(TopicReader.ReadAll(cluster.Address, "tls"), connections: 3, perConnection: 60);
    }

    [Fact]
    public async Task Sink_WriteCancelledOnFullQueue_CountsEveryEventOfARecord()
    {
        using var cluster = new MockCluster();
        SinkDriver driver = await SinkDriver.StartEncodingAsync(
            $"kafka://{cluster.Address}/tls?encoding=json&batch=true&batch-events=10&config.queue.buffering.max.messages=2");
        await using (driver)
        {
            cluster.StopBrokers();
            using var limit = new CancellationTokenSource(300);
            SampleBatch batch = NumberedSamples.Batch(driver.Pool, 100);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => driver.WriteAsync(batch, limit.Token));
        }

        driver.AssertCounts(pending: 80, dropped: new() { [DropReason.DrainTimeout] = 20 });
    }

    [Fact]
    public async Task Sink_BrokerRefusesARecord_CountsAllItsEvents()
    {
        const int policyViolation = 44;
        using var cluster = new MockCluster();
        await using SinkDriver driver = await SinkDriver.StartEncodingAsync($"kafka://{cluster.Address}/tls?encoding=otlp_proto");
        cluster.FailNextProduceRequests(policyViolation);

        await driver.WriteNumberedAsync(perConnection: 50);
        await driver.FlushAsync();
        await driver.WriteNumberedAsync(perConnection: 5);
        await driver.FlushAsync();

        driver.AssertCounts(delivered: 5, rejected: 50);
    }

    private static void AssertEachOnceInOrder(IReadOnlyList<ConsumeResult<byte[], byte[]>> records, int connections, int perConnection)
    {
        foreach (ConsumeResult<byte[], byte[]> record in records.Where(r => r.Message.Key.Length > "web-1".Length))
        {
            Assert.All(EventsOf(record), e => Assert.Equal($"web-1/{e.Connection}", Encoding.UTF8.GetString(record.Message.Key)));
        }

        JsonRecords.AssertComplete(records.SelectMany(EventsOf), connections, perConnection);
    }

    private static IReadOnlyList<(string Connection, long Sequence)> EventsOf(ConsumeResult<byte[], byte[]> record) => record.Message.Value[0] == (byte)'['
        ? JsonRecords.EventsOf(record)
        : [.. LogsOf(record).Select(log => (Attribute(log, "sluice.connection.id").StringValue, SequenceOf(log)))];

    private static IReadOnlyList<LogRecord> LogsOf(ConsumeResult<byte[], byte[]> record) =>
        Assert.Single(Assert.Single(ExportLogsServiceRequest.Parser.ParseFrom(record.Message.Value).ResourceLogs).ScopeLogs).LogRecords;

    private static long SequenceOf(LogRecord log) => Attribute(log, "sluice.sequence").IntValue;

    private static AnyValue Attribute(LogRecord log, string key) => log.Attributes.Single(a => a.Key == key).Value;
}
