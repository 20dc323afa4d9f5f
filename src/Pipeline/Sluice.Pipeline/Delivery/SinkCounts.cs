// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Pipeline.Delivery;

/// <summary>The counters of one sink at one moment: offered = delivered + rejected + Σ dropped + pending.</summary>
/// <param name="Name">The sink's <c>?name=</c>, else its URI without the query.</param>
/// <param name="Offered">Samples that the pipeline offered.</param>
/// <param name="Delivered">Samples that the far end has acknowledged.</param>
/// <param name="Rejected">Samples that the far end refused for good.</param>
/// <param name="Dropped">Samples dropped, by the ledger's name of the reason; reasons without a drop are left out.</param>
/// <param name="Pending">Samples offered that have no outcome yet.</param>
/// <param name="Duplicates">Samples known to have been delivered more than once.</param>
/// <param name="LateOutcomes">Outcomes reported after the sink was closed; their samples were counted as dropped by then.</param>
public sealed record SinkCounts(
    string Name,
    long Offered,
    long Delivered,
    long Rejected,
    IReadOnlyDictionary<string, long> Dropped,
    long Pending,
    long Duplicates,
    long LateOutcomes)
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
