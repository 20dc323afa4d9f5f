// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Ordering;

/// <summary>Where a direction of a connection stands.</summary>
internal struct SequencedStream
{
    public StreamKey Key;

    /// <summary>The next sequence number to pass on.</summary>
    public ulong Expected;

    /// <summary>Held samples in the order of their numbers; <see cref="HeldSamples.None"/> when there is none.</summary>
    public int Head;

    /// <summary>
    /// The held sample that was put in last. One CPU's buffer gives rising numbers, so the next one belongs right behind it: the search
    /// for its place starts here.
    /// </summary>
    public int Hint;

    /// <summary>True when the stream may have been known before and forgotten, so that a first number above 0 proves no loss.</summary>
    public bool MayBeResumed;

    /// <summary>Set by every sample, cleared by the hand that looks for a stream to forget.</summary>
    public bool WasUsed;
}
