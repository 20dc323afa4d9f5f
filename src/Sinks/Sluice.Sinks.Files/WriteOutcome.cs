// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Delivery;

namespace Sluice.Sinks.Files;

/// <summary>What became of a write.</summary>
/// <param name="Lines">Lines that the target has taken whole.</param>
/// <param name="Failure">Why it took no more; null when it took all.</param>
internal readonly record struct WriteOutcome(int Lines, SinkException? Failure);
