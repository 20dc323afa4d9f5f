// SPDX-License-Identifier: Apache-2.0
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>A batch that was read from a spool.</summary>
/// <param name="Id">Its place: later batches have higher ones.</param>
/// <param name="Events">Its samples.</param>
/// <param name="Batch">The batch, whose reference is the holder's; null when it is damaged.</param>
public readonly record struct SpooledBatch(long Id, int Events, SampleBatch? Batch);
