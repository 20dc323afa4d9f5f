// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;

namespace Sluice.Pipeline.Tests.Reading;

/// <summary>Counts what a reader hands over.</summary>
internal sealed class CountingReceiver : IEventReceiver
{
    public int Events { get; private set; }

    public int Refused { get; private set; }

    public void OnEvent(EventOrigin origin, long observedUnixNs, scoped ReadOnlySpan<byte> sample) => Events++;

    public void OnRefused(EventProblem problem, string? field) => Refused++;
}
