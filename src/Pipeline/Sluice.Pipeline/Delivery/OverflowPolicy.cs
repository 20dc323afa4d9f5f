// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Delivery;

/// <summary>What happens to a batch when a sink's queue is full.</summary>
public enum OverflowPolicy
{
    /// <summary>The reader waits, the rings fill and the kernel counts what it refuses.</summary>
    Block,

    /// <summary>The batch is dropped for this sink and counted as <see cref="DropReason.QueueFull"/>.</summary>
    DropNewest,

    /// <summary>The batch goes to disk and is delivered in order later, also by a later run.</summary>
    Spool,
}
