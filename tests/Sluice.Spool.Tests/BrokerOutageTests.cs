// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.Pipeline.Wire;
using Sluice.Sinks.Files.Tests;
using Sluice.Sinks.Kafka;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Spool.Tests;

/// <summary>A real broker dies under load and comes back.</summary>
public sealed class BrokerOutageTests : IDisposable
{
    private const int EventsPerSecond = 50_000;
    private const int Partitions = 4;
    private const int SecondsBefore = 5;
    private const int SecondsAfter = 5;

    /// <summary>By far more than the memory queue and librdkafka hold together; SLUICE_OUTAGE_S for less on a machine that has no room for it.</summary>
    private const int DefaultOutageSeconds = 60;

    private readonly TemporaryDirectory _directory = new();
    private readonly CountingLogger _logger = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Broker_KilledForAMinuteUnderLoad_EveryEventArrivesInOrderAndWhatComesTwiceIsCounted()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        await CreateTopicAsync(broker.Address);
        var counters = new FedCounters();
        (CapturePipeline pipeline, SinkLedger ledger) = await StartAsync(broker.Address, counters);
        var load = new PacedLoad(pipeline.CreateIntake(), counters, EventsPerSecond);
        Task feeding = load.RunAsync(TestEnd);
        await Task.Delay(TimeSpan.FromSeconds(SecondsBefore), TestEnd);
        await broker.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(OutageSeconds()), TestEnd);
        Assert.True(ledger.Spooled > 100_000, $"Only {ledger.Spooled} events are in the spool.");
        Assert.Empty(pipeline.Ledger.Verify());
        await broker.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(SecondsAfter), TestEnd);
        load.Stop();
        await feeding;
        CompletionReport report = await pipeline.CompleteAsync(TimeSpan.FromMinutes(5));

        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(load.Sent, report.Ledger.Read);
        Assert.Equal((load.Sent, 0, 0L), (ledger.Delivered, (int)ledger.DroppedTotal, ledger.Spooled));
        AssertTopicHolds(broker.Address, load.Sent, ledger.Duplicates);
    }

    [Fact]
    public async Task Broker_DownWhileWeStopAndStartAgain_TheNextRunDeliversWhatTheFirstCouldNot()
    {
        using RealBroker broker = await RealBroker.StartNewAsync();
        await CreateTopicAsync(broker.Address);
        var counters = new FedCounters();
        (CapturePipeline pipeline, SinkLedger first) = await StartAsync(broker.Address, counters);
        var load = new PacedLoad(pipeline.CreateIntake(), counters, EventsPerSecond);
        Task feeding = load.RunAsync(TestEnd);
        await Task.Delay(TimeSpan.FromSeconds(2), TestEnd);
        await broker.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), TestEnd);
        load.Stop();
        await feeding;
        CompletionReport report = await pipeline.CompleteAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(0, first.DroppedTotal);
        Assert.Equal(load.Sent, first.Delivered + first.Spooled);
        Assert.NotEqual(0, first.Spooled);

        await broker.StartAsync();
        (CapturePipeline again, SinkLedger second) = await StartAsync(broker.Address, new FedCounters());
        CompletionReport next = await again.CompleteAsync(TimeSpan.FromMinutes(2));
        Assert.Empty(next.Ledger.Verify());
        Assert.Equal((second.Recovered, 0, 0L), (second.Delivered, (int)second.DroppedTotal, second.Spooled));
        Assert.Equal(first.Spooled + second.Duplicates, second.Recovered);
        // Acknowledgements that were on their way when the first run stopped are known to nobody, so there may be more.
        AssertTopicHolds(broker.Address, load.Sent, second.Duplicates + first.LateOutcomes);
    }

    private static int OutageSeconds() =>
        int.TryParse(Environment.GetEnvironmentVariable("SLUICE_OUTAGE_S"), NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
            ? seconds
            : DefaultOutageSeconds;

    private static async Task CreateTopicAsync(string address)
    {
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = address }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "tls", NumPartitions = Partitions }]);
    }

    /// <summary>Every number is there; in each key the first copies stand in order; what is there twice has the same uid and is counted.</summary>
    private static void AssertTopicHolds(string address, long sent, long knownDuplicates)
    {
        var seen = new HashSet<long>();
        var highest = new Dictionary<string, long>();
        long copies = 0;
        var config = new ConsumerConfig { BootstrapServers = address, GroupId = "reader", EnablePartitionEof = true, EnableAutoCommit = false };
        using IConsumer<string, byte[]> consumer = new ConsumerBuilder<string, byte[]>(config).Build();
        consumer.Assign(Array.ConvertAll([0, 1, 2, 3], static partition => new TopicPartitionOffset("tls", partition, Offset.Beginning)));
        for (int open = Partitions; open > 0;)
        {
            ConsumeResult<string, byte[]> record = consumer.Consume(TimeSpan.FromSeconds(60)) ?? throw new TimeoutException("The topic does not end.");
            if (record.IsPartitionEOF)
            {
                open--;
                continue;
            }

            // The uid is run, CPU and number: the same number with another uid would not be found to be a copy, and be one too many.
            long number = NumberOf(record.Message.Value, sent);
            if (!seen.Add(number))
            {
                copies++;
                continue;
            }

            Assert.True(number > highest.GetValueOrDefault(record.Message.Key, -1), $"Key {record.Message.Key}: {number} comes too late.");
            highest[record.Message.Key] = number;
        }

        Assert.Equal(sent, seen.Count);
        Assert.InRange(copies, 0, knownDuplicates);
    }

    /// <summary>From the uid: its last 11 hexadecimal digits.</summary>
    private static long NumberOf(byte[] value, long sent)
    {
        int at = value.AsSpan().IndexOf("log.record.uid"u8);
        Assert.True(at >= 0, "An event has no uid.");
        ReadOnlySpan<byte> rest = value.AsSpan(at + "log.record.uid".Length);
        int start = rest.IndexOfAnyInRange((byte)'0', (byte)'f');
        ReadOnlySpan<byte> uid = rest.Slice(start, 32);
        Assert.Equal("0123456789abcdef"u8.ToArray(), uid[..16].ToArray());
        long number = long.Parse(uid[21..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        Assert.InRange(number, 0, sent - 1);
        return number;
    }

    private async Task<(CapturePipeline Pipeline, SinkLedger Ledger)> StartAsync(string address, FedCounters counters)
    {
        SinkUri uri = SinkUri.Parse(
            $"kafka://{address}/tls?name=kafka&encoding=msgpack&queue-bytes=16MiB&overflow=spool&spool-max-bytes=4GiB&spool-dir={_directory.File("spool")}");
        var sink = new KafkaSink(KafkaSinkOptions.Parse(uri), [EventKind.TlsData, EventKind.CaptureLoss], _logger);
        CapturePipeline pipeline = new CapturePipelineBuilder()
            .AddSink(sink, new SinkQueueOptions
            {
                MaxBytes = uri.QueueBytes!.Value,
                Overflow = uri.Overflow,
                Spool = new SqliteBatchSpool(uri.Spool!, uri.Name, NullLogger.Instance),
            })
            .UseKernelCounters(counters)
            .UseOrigin(new Sluice.Pipeline.Encoding.EventOrigin("host", 0x0123456789abcdef))
            .Build();
        await pipeline.StartAsync(TestEnd);
        return (pipeline, sink.Ledger);
    }
}
