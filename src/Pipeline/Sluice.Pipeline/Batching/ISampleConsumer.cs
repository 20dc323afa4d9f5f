// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Batching;

/// <summary>Takes the samples of one reader: an intake, or a stage in front of it. One thread at a time.</summary>
public interface ISampleConsumer
{
    /// <summary>Takes a sample; its memory is the caller's again on return. May block: back-pressure.</summary>
    void Append(scoped ReadOnlySpan<byte> sample);

    /// <summary>
    /// Says that the rings are empty for now. To be called after every pass over the rings; also after an empty one as long as a stage holds samples
    /// back (<see cref="Ordering.SampleResequencer.HoldsSamples"/>), because its time limits are looked at here.
    /// </summary>
    void EndOfDrain();
}
