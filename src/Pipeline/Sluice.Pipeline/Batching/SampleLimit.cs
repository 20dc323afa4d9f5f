// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Pipeline.Batching;

/// <summary>
/// Ends a capture after a number of samples (<c>--max-events</c>). Shared by all intakes of a capture: exactly that many samples pass,
/// the others are counted as filtered. Thread-safe.
/// </summary>
public sealed class SampleLimit
{
    private readonly Action _onReached;
    private long _left;

    /// <param name="maxSamples">Samples that pass.</param>
    /// <param name="onReached">Called once, on a reader's thread, with the last sample that passes; it must not block.</param>
    public SampleLimit(long maxSamples, Action onReached)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxSamples);
        _left = maxSamples;
        _onReached = onReached;
    }

    /// <summary>True when one more sample may pass.</summary>
    internal bool TryTake()
    {
        // Pairs with the same line on the other readers' threads: each value is seen by one of them only, so one sample is the last.
        long left = Interlocked.Decrement(ref _left);
        if (left == 0)
        {
            _onReached();
        }

        return left >= 0;
    }
}
