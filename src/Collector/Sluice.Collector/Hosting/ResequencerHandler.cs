// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf;
using Sluice.Pipeline.Ordering;

namespace Sluice.Collector.Hosting;

/// <summary>From one buffer per CPU through the resequencer, which restores the order within each connection.</summary>
internal readonly struct ResequencerHandler : ISampleHandler
{
    private readonly SampleResequencer _resequencer;

    public ResequencerHandler(SampleResequencer resequencer) => _resequencer = resequencer;

    public void OnSample(int source, scoped ReadOnlySpan<byte> sample) => _resequencer.Append(sample);

    public void OnLost(int source, ulong count)
    {
        // As in IntakeHandler: the programs have counted it.
    }

    public void OnBatchEnd() => _resequencer.EndOfDrain();
}
