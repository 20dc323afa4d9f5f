// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;
using Xunit;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Does to a sink what the pipeline does: offers batches, writes them one after another, flushes, disposes.</summary>
internal sealed class SinkDriver : IAsyncDisposable
{
    private readonly KafkaSink _sink;

    private SinkDriver(KafkaSink sink, RecordingLogger logger)
    {
        _sink = sink;
        Log = logger;
    }

    /// <summary>What a run can produce.</summary>
    public static IReadOnlyList<EventKind> Kinds { get; } = [EventKind.TlsData, EventKind.CaptureLoss, EventKind.Connection];

    private static readonly BatchStamp s_stamp = new(new EventOrigin("web-1", 0x0123456789abcdef), 0);

    public BatchPool Pool { get; } = new();

    public RecordingLogger Log { get; }

    public SinkLedger Ledger => _sink.Ledger;

    public KafkaStatistics? Statistics => _sink.Statistics;

    /// <summary>A started sink whose values are the samples themselves, or what <paramref name="encoder"/> writes.</summary>
    public static Task<SinkDriver> StartAsync(string uri, IEventEncoder? encoder = null)
    {
        var logger = new RecordingLogger();
        return StartAsync(new KafkaSink(KafkaSinkOptions.Parse(SinkUri.Parse(uri)), encoder ?? new RawEncoder(), Kinds, logger), logger);
    }

    /// <summary>A started sink that encodes as its URI says.</summary>
    public static Task<SinkDriver> StartEncodingAsync(string uri)
    {
        var logger = new RecordingLogger();
        return StartAsync(new KafkaSink(KafkaSinkOptions.Parse(SinkUri.Parse(uri)), Kinds, logger), logger);
    }

    public async Task WriteAsync(SampleBatch batch, CancellationToken cancellationToken = default)
    {
        Ledger.AddOffered(batch.Count);
        batch.Stamp = s_stamp;
        try
        {
            await _sink.WriteAsync(batch, cancellationToken);
        }
        finally
        {
            batch.Release();
        }
    }

    /// <summary>Writes the same batch again and again; it stays the caller's.</summary>
    public async Task WriteRepeatedlyAsync(SampleBatch batch, int times)
    {
        batch.Stamp = s_stamp;
        for (int i = 0; i < times; i++)
        {
            Ledger.AddOffered(batch.Count);
            await _sink.WriteAsync(batch, CancellationToken.None);
        }
    }

    public Task WriteAsync(params byte[][] samples)
    {
        SampleBatch batch = Pool.Rent();
        foreach (byte[] sample in samples)
        {
            Assert.True(batch.TryAppend(sample));
        }

        return WriteAsync(batch);
    }

    /// <summary>Writes numbered samples in batches of about 500.</summary>
    public async Task WriteNumberedAsync(int perConnection, int connections = 1, ulong first = 0, int payloadBytes = 64)
    {
        int perBatch = Math.Max(1, 500 / connections);
        for (int done = 0; done < perConnection; done += perBatch)
        {
            int count = Math.Min(perBatch, perConnection - done);
            await WriteAsync(NumberedSamples.Batch(Pool, count * connections, first + (ulong)done, connections, payloadBytes));
        }
    }

    public async Task FlushAsync(int timeoutMs = 60_000)
    {
        using var limit = new CancellationTokenSource(timeoutMs);
        await _sink.FlushAsync(limit.Token);
    }

    /// <summary>Fails unless the ledger has exactly these counts and no others.</summary>
    public void AssertCounts(long delivered = 0, long rejected = 0, long pending = 0, Dictionary<DropReason, long>? dropped = null)
    {
        Assert.Equal((delivered, rejected, pending), (Ledger.Delivered, Ledger.Rejected, Ledger.Pending));
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            Assert.Equal(dropped?.GetValueOrDefault(reason) ?? 0, Ledger.Dropped(reason));
        }
    }

    public ValueTask DisposeAsync() => _sink.DisposeAsync();

    private static async Task<SinkDriver> StartAsync(KafkaSink sink, RecordingLogger logger)
    {
        try
        {
            await sink.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await sink.DisposeAsync();
            throw;
        }

        return new SinkDriver(sink, logger);
    }
}
