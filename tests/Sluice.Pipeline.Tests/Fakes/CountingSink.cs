// SPDX-License-Identifier: Apache-2.0
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline.Tests.Fakes;

/// <summary>Delivers at once and allocates nothing.</summary>
internal sealed class CountingSink : ISink
{
    public SinkLedger Ledger { get; } = new("counting");

    public ValueTask StartAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        Ledger.AddDelivered(batch.Count);
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
