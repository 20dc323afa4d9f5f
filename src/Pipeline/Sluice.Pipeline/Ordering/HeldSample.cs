// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Ordering;

/// <summary>A sample that waits for its predecessors. Member of two lists: its stream's, by number, and everybody's, by age.</summary>
internal struct HeldSample
{
    public byte[] Buffer;
    public int Length;
    public int Stream;

    /// <summary>Its number.</summary>
    public ulong Sequence;

    /// <summary>The number that must be next for it to go: its own, less the samples that the kernel says were lost just before it.</summary>
    public ulong Start;

    public long ArrivedNs;

    /// <summary>Neighbours by number in the same stream. Of a free slot: the next free one.</summary>
    public int Next;
    public int Previous;

    /// <summary>Neighbours by age among all.</summary>
    public int Newer;
    public int Older;
}
