// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Collector.Doctor;

/// <summary>Something that keeps <c>sluice capture tls</c> from working here.</summary>
/// <param name="Problem">What is missing.</param>
/// <param name="Remedy">What to do about it.</param>
internal sealed record Obstacle(string Problem, string Remedy);
