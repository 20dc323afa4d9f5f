// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Tests.Ordering;

/// <summary>Remembers what came out of a resequencer.</summary>
internal sealed class CollectingConsumer : ISampleConsumer
{
    public List<(ulong Connection, TrafficDirection Direction, ulong Sequence, bool Gap, uint LostBefore, ulong Id)> Samples { get; } = [];

    public List<byte[]> Others { get; } = [];

    public int Drains { get; private set; }

    public void Append(scoped ReadOnlySpan<byte> sample)
    {
        if (TlsDataView.TryParse(sample, out TlsDataView view))
        {
            bool gap = view.Header.Flags.HasFlag(SampleFlags.Gap);
            Samples.Add((view.ConnectionId, view.Direction, view.Sequence, gap, view.LostBefore, view.Header.CpuSequence));
        }
        else
        {
            Others.Add(sample.ToArray());
        }
    }

    public void EndOfDrain() => Drains++;
}
