// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Kafka;

/// <summary>One event in the form of many, for the dead-letter topic: readers of both topics then need to know one form only.</summary>
internal sealed class BatchOfOneEncoder(IEventBatchEncoder encoder) : IEventEncoder
{
    public string ContentType => encoder.ContentType;

    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        int start = output.Length;
        encoder.Begin(stamp.Origin, output);
        if (!encoder.TryAppend(sample, stamp, output))
        {
            output.Truncate(start);
            return false;
        }

        encoder.End(output);
        return true;
    }
}
