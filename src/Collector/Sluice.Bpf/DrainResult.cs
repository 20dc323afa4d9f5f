// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>What one pass over one ring gave.</summary>
/// <param name="Samples">Samples handed to the handler.</param>
/// <param name="Bytes">Bytes of the ring that were freed, headers and discarded records included; at or above the ring's pass limit: there may be more.</param>
public readonly record struct DrainResult(int Samples, long Bytes);
