// SPDX-License-Identifier: Apache-2.0
using System.Linq;
using Sluice.Pipeline.Delivery;
using Sluice.Sources.Kafka;

namespace Sluice.Collector.CommandLine;

/// <summary>What <c>sluice relay</c> was asked to do, checked.</summary>
public sealed record RelaySettings : RunSettings
{
    public required KafkaSourceOptions Source { get; init; }

    /// <summary>True when no sink drops or spools what it cannot take, so that all of them may be waited for.</summary>
    public bool EverySinkBlocks => Sinks.All(static sink => sink.Overflow == OverflowPolicy.Block);
}
