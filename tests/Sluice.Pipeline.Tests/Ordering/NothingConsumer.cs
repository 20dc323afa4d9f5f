// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Tests.Ordering;

/// <summary>Counts samples.</summary>
internal sealed class NothingConsumer : ISampleConsumer
{
    public int Count { get; private set; }

    public void Append(scoped ReadOnlySpan<byte> sample) => Count++;

    public void EndOfDrain()
    {
    }
}
