// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;

namespace Sluice.Throughput;

/// <summary>Does what the C baseline's callback does: counts records and bytes.</summary>
internal struct CountingHandler : ISampleHandler
{
    public long Records;
    public long Bytes;
    public long Lost;

    public void OnSample(int source, scoped ReadOnlySpan<byte> sample)
    {
        Records++;
        Bytes += sample.Length;
    }

    public void OnLost(int source, ulong count) => Lost += (long)count;

    public readonly void OnBatchEnd()
    {
    }
}
