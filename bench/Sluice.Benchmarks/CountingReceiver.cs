// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;

namespace Sluice.Benchmarks;

/// <summary>Adds up the bytes of samples.</summary>
internal sealed class CountingReceiver : IEventReceiver
{
    public long Bytes { get; private set; }

    public void OnEvent(EventOrigin origin, long observedUnixNs, scoped ReadOnlySpan<byte> sample) => Bytes += sample.Length;

    public void OnRefused(EventProblem problem, string? field) => throw new InvalidOperationException($"An event of our own was refused: {problem} {field}.");
}
