// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Pipeline.Delivery;

namespace Sluice.Pipeline;

/// <summary>How a pipeline ended.</summary>
/// <param name="WithinBudget">True when every sink was flushed and disposed in time.</param>
/// <param name="Abandoned">Samples that had no outcome when the time was over; counted as <c>drain_timeout</c>, all sinks together.</param>
/// <param name="Failures">The sinks that could not go on.</param>
/// <param name="Ledger">The final ledger.</param>
public sealed record CompletionReport(bool WithinBudget, long Abandoned, IReadOnlyList<SinkFailure> Failures, LedgerSnapshot Ledger);
