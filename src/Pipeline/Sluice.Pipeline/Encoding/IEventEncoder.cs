// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Encoding;

/// <summary>Writes one event in one encoding. Stateless: one instance may serve several threads.</summary>
public interface IEventEncoder
{
    /// <summary>Media type of the encoding, such as <c>application/json</c>.</summary>
    string ContentType { get; }

    /// <summary>
    /// Appends the event to <paramref name="output"/>; no separator, no newline. False when the sample is malformed
    /// (<paramref name="output"/> is then unchanged). Allocates nothing once the buffer has grown to its working size.
    /// </summary>
    /// <param name="sample">One whole sample in wire format.</param>
    /// <param name="stamp">Of the batch that the sample is in.</param>
    /// <param name="output">Where the event is appended.</param>
    bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output);
}
