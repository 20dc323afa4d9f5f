// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Wire;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>The value is the sample itself, so that a test reads back exactly what it put in.</summary>
internal sealed class RawEncoder : IEventEncoder
{
    public string ContentType => "application/x-sluice-sample";

    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        if (sample.Length < EventHeader.SizeInBytes)
        {
            return false;
        }

        output.Write(sample);
        return true;
    }
}
