// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>Looks at the positions of a reader's rings from outside its thread.</summary>
internal static class RingFills
{
    /// <param name="resources">Keeps the rings mapped while they are looked at.</param>
    /// <param name="ring">One of the rings that live in it.</param>
    /// <param name="source">The ring's number for the caller.</param>
    /// <param name="fill">What was found.</param>
    public static bool TryRead<TRing>(ResourceGroup resources, TRing ring, int source, out RingFill fill)
        where TRing : IRing
    {
        try
        {
            using HandleLease lease = new(resources);

            // The consumer first: it never overtakes the producer, so the difference cannot be negative. It may be a moment too large.
            ulong consumer = ring.PublishedPosition;
            ulong used = ring.ProducerPosition - consumer;
            fill = new RingFill(source, (long)Math.Min(used, ring.SizeBytes), (long)ring.SizeBytes);
            return true;
        }
        catch (ObjectDisposedException)
        {
            fill = default;
            return false;
        }
    }
}
