// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Sinks.Kafka.Tests;

/// <summary>Values of one length, whatever the sample holds.</summary>
internal sealed class PaddedEncoder(int bytes) : IEventEncoder
{
    public string ContentType => "application/octet-stream";

    public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        output.Write(new byte[bytes]);
        return true;
    }
}
