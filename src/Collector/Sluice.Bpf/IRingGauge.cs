// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>Tells how full the rings of a reader are.</summary>
public interface IRingGauge
{
    /// <summary>Rings of the reader.</summary>
    int RingCount { get; }

    /// <summary>
    /// How full a ring is now. From any thread, also while the rings are read; never blocks. False when the reader is disposed.
    /// </summary>
    /// <param name="ring">0 to <see cref="RingCount"/> - 1.</param>
    /// <param name="fill">What was found.</param>
    bool TryReadFill(int ring, out RingFill fill);
}
