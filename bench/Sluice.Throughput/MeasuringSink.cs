// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;

namespace Sluice.Throughput;

/// <summary>Passes everything on to a real sink and notes how old each sample is at that moment.</summary>
/// <param name="inner">The sink; owned, disposed with this one.</param>
/// <param name="measureFromKtimeNs">Samples made before this moment (start-up, tiered compilation) are not measured.</param>
internal sealed class MeasuringSink(ISink inner, long measureFromKtimeNs) : ISink
{
    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Stopwatch time at which the last flush ended: everything had its outcome.</summary>
    public long FlushedAt { get; private set; }

    public SinkLedger Ledger => inner.Ledger;

    public ValueTask StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

    public ValueTask WriteAsync(SampleBatch batch, CancellationToken cancellationToken)
    {
        // On Linux the Stopwatch counts nanoseconds of CLOCK_MONOTONIC, as bpf_ktime_get_ns does.
        long nowNs = Stopwatch.GetTimestamp();
        for (int i = 0; i < batch.Count; i++)
        {
            if (TlsDataView.TryParse(batch[i], out TlsDataView sample) && (long)sample.Header.KtimeNs >= measureFromKtimeNs)
            {
                Latencies.Record(nowNs - (long)sample.Header.KtimeNs);
            }
        }

        return inner.WriteAsync(batch, cancellationToken);
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
        FlushedAt = Stopwatch.GetTimestamp();
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
