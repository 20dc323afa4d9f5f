// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Linq;
using Sluice.Pipeline;
using Sluice.Pipeline.Delivery;

namespace Sluice.Sources.Kafka;

/// <summary>
/// Whether what was read may be committed. Sinks report outcomes by number, from any thread and in any order, so that a single event's outcome cannot be seen; that
/// nothing is without one can.
/// </summary>
internal sealed class SinkProgress(CapturePipeline pipeline)
{
    /// <summary>Ends of a sink, not of an event: what was dropped for these reasons has to come again.</summary>
    private static readonly DropReason[] s_unfinished = [DropReason.SinkFailed, DropReason.PipeClosed, DropReason.DrainTimeout];

    private readonly IReadOnlyList<SinkLedger> _sinks = pipeline.Ledger.Sinks;

    /// <summary>True when every sink has an outcome for every event that it was offered.</summary>
    public bool IsSettled => _sinks.All(static sink => sink.Pending == 0);

    /// <summary>True when a sink has ended and dropped what it did not take. Never false again. To be looked at after <see cref="IsSettled"/>.</summary>
    public bool IsBroken => _sinks.Any(static sink => s_unfinished.Any(reason => sink.Dropped(reason) != 0));
}
