// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;

namespace Sluice.Bpf.Tests;

/// <summary>Keeps a copy of everything a ring hands over.</summary>
internal struct CollectingHandler : ISampleHandler
{
    public CollectingHandler()
    {
    }

    public List<(int Source, byte[] Bytes)> Samples { get; } = [];

    public List<(int Source, ulong Count)> Lost { get; } = [];

    public int BatchEnds { get; private set; }

    /// <summary>Runs inside OnSample, with the number of samples so far.</summary>
    public Action<int>? DuringSample { get; init; }

    public void OnSample(int source, scoped ReadOnlySpan<byte> sample)
    {
        Samples.Add((source, sample.ToArray()));
        DuringSample?.Invoke(Samples.Count);
    }

    public readonly void OnLost(int source, ulong count) => Lost.Add((source, count));

    public void OnBatchEnd() => BatchEnds++;
}
