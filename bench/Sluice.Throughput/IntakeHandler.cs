// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;
using Sluice.Pipeline.Batching;

namespace Sluice.Throughput;

/// <summary>Hands what a reader finds to the pipeline, and says how far it is.</summary>
internal readonly struct IntakeHandler(ISampleConsumer consumer, ReadProgress progress) : ISampleHandler
{
    public void OnSample(int source, scoped ReadOnlySpan<byte> sample)
    {
        consumer.Append(sample);
        progress.Count++;
    }

    public void OnLost(int source, ulong count)
    {
        // The program counts the refusal itself, in `stats`; counting it here too would count it twice.
    }

    public void OnBatchEnd()
    {
        progress.Publish();
        consumer.EndOfDrain();
    }
}
