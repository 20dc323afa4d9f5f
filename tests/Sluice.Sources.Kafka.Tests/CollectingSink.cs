// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sources.Kafka.Tests;

/// <summary>Keeps the events' numbers; settles them at once, or when told to.</summary>
internal sealed class CollectingSink(string name = "collect") : ISink
{
    private long _held;

    /// <summary>Events that came, in order.</summary>
    public ConcurrentQueue<(ulong Connection, ulong Sequence, ulong Number)> Events { get; } = [];

    /// <summary>Outcomes are kept back.</summary>
    public bool IsHolding { get; set; }

    /// <summary>After so many events the sink ends.</summary>
    public long FailAfter { get; set; } = long.MaxValue;

    public SinkLedger Ledger { get; } = new(name);

    public ValueTask StartAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (Events.Count >= FailAfter)
            {
                throw new SinkException("The test's sink has ended.");
            }

            if (TlsDataView.TryParse(batch[i], out TlsDataView tls))
            {
                Events.Enqueue((tls.ConnectionId, tls.Sequence, tls.Header.CpuSequence));
            }

            Settle();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Release();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Settles what was kept back.</summary>
    public void Release()
    {
        IsHolding = false;
        Ledger.AddDelivered(Interlocked.Exchange(ref _held, 0));
    }

    /// <summary>The numbers that came, each once.</summary>
    public IReadOnlySet<ulong> Numbers()
    {
        var numbers = new HashSet<ulong>();
        foreach ((_, _, ulong number) in Events)
        {
            numbers.Add(number);
        }

        return numbers;
    }

    private void Settle()
    {
        if (IsHolding)
        {
            Interlocked.Increment(ref _held);
        }
        else
        {
            Ledger.AddDelivered(1);
        }
    }
}
