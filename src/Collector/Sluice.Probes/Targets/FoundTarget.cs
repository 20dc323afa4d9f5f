// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Targets;

/// <summary>A target as one scan saw it.</summary>
/// <param name="Target">The target; the same object in every scan until it is forgotten.</param>
/// <param name="ProcessCount">Processes that map it.</param>
/// <param name="IsStanding">True when it is a target without being mapped: named by the user or in a standard place.</param>
public sealed record FoundTarget(TlsTarget Target, int ProcessCount, bool IsStanding);
