// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>What a spool holds when it is opened.</summary>
/// <param name="Batches">Batches of earlier runs, damaged ones included where their number is known.</param>
/// <param name="Events">Samples in them.</param>
/// <param name="Resent">Of these, the first ones that were sent before: the far end may have them.</param>
public readonly record struct SpoolContent(long Batches, long Events, long Resent);
