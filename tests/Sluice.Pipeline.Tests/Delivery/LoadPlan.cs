// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Tests.Delivery;

/// <summary>A case of the conservation property.</summary>
internal sealed record LoadPlan(SinkPlan[] Sinks, int Readers, int Samples, int Limit, int DrainEvery);
