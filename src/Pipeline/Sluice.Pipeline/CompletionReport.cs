// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline;

/// <summary>How a pipeline ended.</summary>
/// <param name="WithinBudget">True when every sink was flushed and disposed in time.</param>
/// <param name="Abandoned">Samples that had no outcome when the time was over; counted as <c>drain_timeout</c>, all sinks together.</param>
/// <param name="Failures">The sinks that could not go on.</param>
/// <param name="Ledger">The final ledger.</param>
/// <param name="LedgerFileFailure">Why the final ledger is not in its file; null when it is, or when there is none.</param>
public sealed record CompletionReport(
    bool WithinBudget,
    long Abandoned,
    IReadOnlyList<SinkFailure> Failures,
    LedgerSnapshot Ledger,
    LedgerFileException? LedgerFileFailure);
