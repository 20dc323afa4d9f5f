// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Threading;

namespace Sluice.Pipeline.Batching;

/// <summary>
/// The idle batches of one arena size; the one that came back last goes out first, because its bytes are still in a cache. (A ConcurrentBag
/// gives another thread's oldest.) Thread-safe.
/// </summary>
internal sealed class IdleBatches(int keepAtMost)
{
    /// <summary>Innermost lock; taken twice for each batch, so rarely contended.</summary>
    private readonly Lock _gate = new();

    private readonly Stack<SampleBatch> _batches = [];

    /// <summary>Fewest idle batches since the last trim: so many were never needed.</summary>
    private int _lowest;

    public SampleBatch? TryPop()
    {
        lock (_gate)
        {
            bool any = _batches.TryPop(out SampleBatch? batch);
            if (_batches.Count < _lowest)
            {
                _lowest = _batches.Count;
            }

            return any ? batch : null;
        }
    }

    public void Push(SampleBatch batch)
    {
        lock (_gate)
        {
            if (_batches.Count < keepAtMost)
            {
                _batches.Push(batch);
            }
        }
    }

    /// <summary>Lets go of the batches that were not needed since the last call.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            for (; _lowest > 0; _lowest--)
            {
                _batches.Pop();
            }

            _lowest = _batches.Count;
        }
    }
}
