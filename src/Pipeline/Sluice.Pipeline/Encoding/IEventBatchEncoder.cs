// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>
/// Writes many events as one message: an array, or one request of a protocol. Used as <see cref="Begin"/>, <see cref="TryAppend"/> once for each event,
/// <see cref="End"/>. Not thread-safe: it keeps the place of the open message.
/// </summary>
/// <remarks>
/// A bound on the size is the caller's: it notes <see cref="OutputBuffer.Length"/> before an append, and when the message with
/// <see cref="EndBytes"/> would be too long, cuts back to there with <see cref="OutputBuffer.Truncate"/>, calls <see cref="Undo"/>, and ends the message.
/// </remarks>
public interface IEventBatchEncoder
{
    /// <summary>Media type of a message, such as <c>application/json</c>.</summary>
    string ContentType { get; }

    /// <summary>The most that <see cref="End"/> appends, in bytes.</summary>
    int EndBytes { get; }

    /// <summary>Opens a message at the end of <paramref name="output"/>. All its events come from <paramref name="origin"/>.</summary>
    void Begin(EventOrigin origin, OutputBuffer output);

    /// <summary>
    /// Appends an event; false when the sample is malformed (<paramref name="output"/> is then unchanged). Allocates nothing once the buffer has grown
    /// to its working size.
    /// </summary>
    /// <param name="sample">One whole sample in wire format.</param>
    /// <param name="stamp">Of the batch that the sample is in; its origin is that of the message.</param>
    /// <param name="output">The buffer of <see cref="Begin"/>.</param>
    bool TryAppend(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output);

    /// <summary>Says that the caller has cut the last appended event off again.</summary>
    void Undo();

    /// <summary>Closes the message. Without an event in it the bytes are a valid, empty message.</summary>
    void End(OutputBuffer output);
}
