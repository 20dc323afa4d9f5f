// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;

namespace Sluice.Pipeline.Tests.Reading;

/// <summary>Keeps what a reader hands over.</summary>
internal sealed class CollectingReceiver : IEventReceiver
{
    public List<(BatchStamp Stamp, byte[] Sample)> Events { get; } = [];

    public List<(EventProblem Problem, string? Field)> Refused { get; } = [];

    public void OnEvent(EventOrigin origin, long observedUnixNs, scoped ReadOnlySpan<byte> sample) =>
        Events.Add((new BatchStamp(origin, 0, observedUnixNs), sample.ToArray()));

    public void OnRefused(EventProblem problem, string? field) => Refused.Add((problem, field));
}
