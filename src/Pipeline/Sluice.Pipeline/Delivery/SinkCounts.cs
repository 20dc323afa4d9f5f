// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Pipeline.Delivery;

/// <summary>The counters of one sink at one moment: offered + recovered = delivered + rejected + Σ dropped + pending + spooled.</summary>
/// <param name="Name">The sink's <c>?name=</c>, else its URI without the query.</param>
/// <param name="Offered">Samples that the pipeline offered.</param>
/// <param name="Delivered">Samples that the far end has acknowledged.</param>
/// <param name="Rejected">Samples that the far end refused for good.</param>
/// <param name="Dropped">Samples dropped, by the ledger's name of the reason; reasons without a drop are left out.</param>
/// <param name="Pending">Samples offered that have no outcome yet and are not in the spool.</param>
/// <param name="Duplicates">Samples sent again although the far end may have, or is known to have, what was sent before.</param>
/// <param name="LateOutcomes">Outcomes reported after the sink was closed; their samples were counted as dropped or spooled by then.</param>
/// <param name="Recovered">Samples of earlier runs that the spool held at the start of this one.</param>
/// <param name="Spooled">Samples that lie in the spool now: neither delivered nor lost. At the end, they wait for the next run.</param>
public sealed record SinkCounts(
    string Name,
    long Offered,
    long Delivered,
    long Rejected,
    IReadOnlyDictionary<string, long> Dropped,
    long Pending,
    long Duplicates,
    long LateOutcomes,
    long Recovered = 0,
    long Spooled = 0)
{
    /// <summary>Samples dropped, all reasons together.</summary>
    public long DroppedTotal
    {
        get
        {
            long sum = 0;
            foreach (long count in Dropped.Values)
            {
                sum += count;
            }

            return sum;
        }
    }
}
