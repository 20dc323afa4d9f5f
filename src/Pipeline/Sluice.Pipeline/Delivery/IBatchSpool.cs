// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Delivery;

/// <summary>
/// Batches on disk, first in, first out. What a call of <see cref="TryAppend"/> or <see cref="TryPrepend"/> took survives the death of this process. One
/// thread at a time; all calls block for the disk.
/// </summary>
/// <remarks>
/// There is one reading position, which starts before the first batch and never goes back in a run. A batch that was read stays until
/// <see cref="Remove"/>, and is there again in the next run when that did not come.
/// </remarks>
public interface IBatchSpool : IDisposable
{
    /// <summary>Opens or makes it. What is damaged is left out and counted; it never stops the start.</summary>
    /// <returns>What an earlier run left.</returns>
    /// <exception cref="SinkException">It cannot be used: no permission, another process has it, it is another sink's.</exception>
    SpoolContent Open();

    /// <summary>Adds batches behind all others: all of them or none.</summary>
    /// <returns>Null when it did; else why not.</returns>
    SpoolProblem? TryAppend(IReadOnlyList<SampleBatch> batches);

    /// <summary>Adds batches, in their order, before all others: all of them or none. The reading position does not see them in this run.</summary>
    /// <returns>Null when it did; else why not.</returns>
    SpoolProblem? TryPrepend(IReadOnlyList<SampleBatch> batches);

    /// <summary>
    /// Reads on: adds the next batches to <paramref name="batches"/>; none when there are no more. Remembers, also for the next run, that these are about
    /// to be sent.
    /// </summary>
    /// <param name="pool">Gives the batches, whose references are the caller's then.</param>
    /// <param name="batches">A batch that is damaged stands here without its content.</param>
    /// <param name="maxBatches">How many are enough.</param>
    void Read(BatchPool pool, ICollection<SpooledBatch> batches, int maxBatches);

    /// <summary>Deletes the batches up to the one of that <see cref="SpooledBatch.Id"/>. What cannot be deleted now is tried again with the next call.</summary>
    void Remove(long throughId);

    /// <summary>To be called now and then while nothing else is: what was taken reaches the disk itself.</summary>
    void Sync();

    /// <summary>Closes it. Calls after the first do nothing.</summary>
    /// <param name="resent">Of the samples it holds, those at its head that the far end is known to have: they will be sent again. Null when it is not known.</param>
    void Close(long? resent);
}
