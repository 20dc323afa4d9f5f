// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Reading;

/// <summary>
/// Reads events of one encoding back into samples: the inverse of the encoders. Never throws because of what a record holds, never reads past it,
/// and allocates nothing for an event whose origin is known. Not thread-safe.
/// </summary>
/// <remarks>
/// An event is taken when a sample holds all that its known fields say, so that it is written again as it was, in whatever encoding; else it is refused
/// with the reason. Fields whose names are not known are passed over: readers of newer events skip what they do not know (docs/event-schema.md).
/// </remarks>
public interface IRecordReader
{
    /// <summary>Hands every event of a record to <paramref name="receiver"/>, and every reason why one is not taken.</summary>
    void Read(ReadOnlySpan<byte> record, IEventReceiver receiver);
}
