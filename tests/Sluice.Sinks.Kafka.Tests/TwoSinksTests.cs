// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Two Kafka sinks in one pipeline, one of them without a broker.</summary>
public sealed class TwoSinksTests
{
    [Theory]
    [InlineData(OverflowPolicy.DropNewest)]
    [InlineData(OverflowPolicy.Block)]
    public async Task Pipeline_OneClusterDead_OtherGetsEverythingAndBothLedgersAddUp(OverflowPolicy overflow)
    {
        const int samples = 5_000;
        using var cluster = new MockCluster();
        using var dead = new MockCluster();
        KafkaSink healthySink = Create($"kafka://{cluster.Address}/tls?name=healthy");
        KafkaSink deadSink = Create($"kafka://{dead.Address}/tls?name=dead&config.queue.buffering.max.messages=100");
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder()
            .AddSink(healthySink)
            .AddSink(deadSink, new SinkQueueOptions { Overflow = overflow, MaxBytes = overflow == OverflowPolicy.Block ? 64 << 20 : 512 * 1024 })
            .UseKernelCounters(counters)
            .Build();
        await pipeline.StartAsync(TestContext.Current.CancellationToken);
        dead.StopBrokers();

        SampleIntake intake = pipeline.CreateIntake();
        for (int i = 0; i < samples; i++)
        {
            intake.Append(NumberedSamples.Sample(1, (ulong)i, payloadBytes: 256));
            if (i % 100 == 99)
            {
                intake.EndOfDrain();
            }
        }

        counters.AddSubmitted(samples);
        await pipeline.CompleteAsync(TimeSpan.FromSeconds(5));

        Assert.Equal((samples, 0L), (healthySink.Ledger.Delivered, healthySink.Ledger.Pending));
        Assert.Equal((0L, 0L), (deadSink.Ledger.Delivered, deadSink.Ledger.Pending));
        Assert.Equal(samples, deadSink.Ledger.Dropped(DropReason.QueueFull) + deadSink.Ledger.Dropped(DropReason.DrainTimeout));
        Assert.Equal(overflow == OverflowPolicy.DropNewest, deadSink.Ledger.Dropped(DropReason.QueueFull) > 0);
        NumberedSamples.AssertComplete(TopicReader.ReadAll(cluster.Address, "tls"), connections: 1, samples);
    }

    private static KafkaSink Create(string uri) => new(KafkaSinkOptions.Parse(SinkUri.Parse(uri)), new RawEncoder(), SinkDriver.Kinds);
}
