// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>A sink that does what a test tells it, and remembers the CPU sequence number of every sample it delivered.</summary>
internal sealed class ScriptedSink(string name) : ISink
{
    private readonly List<ulong> _delivered = [];
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SinkLedger Ledger { get; } = new(name);

    /// <summary>Replaces the start.</summary>
    public Func<ValueTask>? Starting { get; init; }

    /// <summary>Called before each batch is delivered; may wait or throw.</summary>
    public Func<SampleBatch, CancellationToken, ValueTask>? Writing { get; set; }

    /// <summary>Called in flush; may wait or throw.</summary>
    public Func<CancellationToken, ValueTask>? Flushing { get; set; }

    public Func<ValueTask>? Disposing { get; set; }

    /// <summary>Take the batch, but report no outcome.</summary>
    public bool LeavesPending { get; init; }

    public int Disposals { get; private set; }

    public int LargestBatch { get; private set; }

    public int Batches { get; private set; }

    /// <summary>Ends when the first batch arrives; fails when none does.</summary>
    public Task FirstBatch => _started.Task.WaitAsync(Eventually.Patience);

    /// <summary>CPU sequence numbers in the order of arrival. To be read when the pipeline is complete.</summary>
    public IReadOnlyList<ulong> Delivered => _delivered;

    /// <summary>Called with each batch that is delivered, for what <see cref="Delivered"/> does not keep.</summary>
    public Action<SampleBatch>? Delivering { get; set; }

    public ValueTask StartAsync(CancellationToken cancellationToken) => Starting?.Invoke() ?? ValueTask.CompletedTask;

    public async ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        _started.TrySetResult();
        if (Writing is { } writing)
        {
            await writing(batch, cancellationToken);
        }

        Batches++;
        LargestBatch = Math.Max(LargestBatch, batch.Count);
        if (LeavesPending)
        {
            return;
        }

        Delivering?.Invoke(batch);
        for (int i = 0; i < batch.Count; i++)
        {
            _delivered.Add(CpuSequence(batch[i]));
        }

        Ledger.AddDelivered(batch.Count);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => Flushing?.Invoke(cancellationToken) ?? ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return Disposing?.Invoke() ?? ValueTask.CompletedTask;
    }

    public static ulong CpuSequence(ReadOnlySpan<byte> sample) => BinaryPrimitives.ReadUInt64LittleEndian(sample[32..]);
}
