// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;

namespace Sluice.Bpf.Engine;

/// <summary>What became of an <see cref="AttachPlan"/> on this kernel.</summary>
/// <param name="Plan">The job.</param>
/// <param name="Chosen">The alternative's name; null when all were refused.</param>
/// <param name="Refusals">Why those before the chosen one are not used, in their order.</param>
public sealed record PlanOutcome(string Plan, string? Chosen, IReadOnlyList<AttachRefusal> Refusals);
