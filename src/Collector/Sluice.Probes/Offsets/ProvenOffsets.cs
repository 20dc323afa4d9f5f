// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Probes.Offsets;

/// <summary>What a trial of the known rows came to.</summary>
/// <param name="Row">The row to use; null when none holds.</param>
/// <param name="Proof">What of it holds.</param>
/// <param name="Shortcoming">Why not all holds, for people; empty when it does.</param>
internal sealed record ProvenOffsets(KernelOffsetRow? Row, KernelProof Proof, string Shortcoming);
