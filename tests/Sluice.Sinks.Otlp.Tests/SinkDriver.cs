// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Xunit;

namespace Sluice.Sinks.Otlp.Tests;

/// <summary>Does to a sink what the pipeline does: offers batches, writes them one after another, flushes, disposes.</summary>
internal sealed class SinkDriver : IAsyncDisposable
{
    private static readonly BatchStamp s_stamp = new(new EventOrigin("web-1", 0x0123456789abcdef), 0, 1);

    private readonly OtlpSink _sink;

    private SinkDriver(OtlpSink sink, RecordingLogger log)
    {
        _sink = sink;
        Log = log;
    }

    public BatchPool Pool { get; } = new();

    public RecordingLogger Log { get; }

    public SinkLedger Ledger => _sink.Ledger;

    public static async Task<SinkDriver> StartAsync(string uri)
    {
        var log = new RecordingLogger();
        var sink = new OtlpSink(OtlpSinkOptions.Parse(SinkUri.Parse(uri)), log);
        try
        {
            await sink.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            await sink.DisposeAsync();
            throw;
        }

        return new SinkDriver(sink, log);
    }

    public async Task WriteAsync(SampleBatch batch, BatchStamp? stamp = null)
    {
        Ledger.AddOffered(batch.Count);
        batch.Stamp = stamp ?? s_stamp;
        try
        {
            await _sink.WriteAsync(batch, CancellationToken.None);
        }
        finally
        {
            batch.Release();
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

    /// <summary>Writes events numbered from <paramref name="first"/> on, in batches.</summary>
    public async Task WriteNumberedAsync(int count, ulong first = 0, int connections = 1, int payloadBytes = 64, int perBatch = 100)
    {
        for (int done = 0; done < count; done += perBatch)
        {
            await WriteAsync(NumberedEvents.Batch(Pool, Math.Min(perBatch, count - done), first + (ulong)done, connections, payloadBytes));
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
}
