// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf;

/// <summary>
/// What a reader gives its samples to. Implement it as a struct: the readers' methods are generic over it, so that each call
/// is direct and can be inlined. All calls come from the thread that drains, one after the other.
/// </summary>
public interface ISampleHandler
{
    /// <summary>One sample. The reader waits while this runs, and the kernel loses samples once the ring is full: be short, or mean it as back-pressure.</summary>
    /// <param name="source">The ring's index (<see cref="RingbufReader"/>) or the CPU (<see cref="PerfReader"/>).</param>
    /// <param name="sample">
    /// The bytes, straight from kernel memory; they die when the call returns. From a perf buffer up to seven bytes of
    /// padding may follow what the program sent; only the program's own header can tell.
    /// </param>
    void OnSample(int source, scoped ReadOnlySpan<byte> sample);

    /// <summary>The kernel had no room for <paramref name="count"/> samples before the next one (perf buffers only; a ring buffer's program sees the refusal itself).</summary>
    void OnLost(int source, ulong count);

    /// <summary>
    /// A pass over all rings is over. Also called when a pass found nothing, at least four times a second, so that a handler
    /// can act on time as well as on data.
    /// </summary>
    void OnBatchEnd();
}
