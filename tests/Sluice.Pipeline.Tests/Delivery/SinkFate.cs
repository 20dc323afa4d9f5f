// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Tests.Delivery;

/// <summary>What becomes of a sink in the conservation property.</summary>
internal enum SinkFate
{
    Healthy,
    Dies,
    ForgetsOutcomes,
    Hangs,
}
