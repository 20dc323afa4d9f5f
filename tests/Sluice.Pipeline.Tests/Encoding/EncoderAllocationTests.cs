// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using Sluice.Pipeline.Encoding;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Encoding;

public sealed class EncoderAllocationTests
{
    public static TheoryData<string> Encodings => ["json", "msgpack", "otlp_proto"];

    [Theory]
    [MemberData(nameof(Encodings))]
    public void TryEncode_WarmBuffer_AllocatesNothing(string encoding)
    {
        Action<byte[][], OutputBuffer> encode = EncodeWith(encoding);
        byte[][] samples =
        [
            new TlsSample { Payload = [.. Enumerable.Repeat((byte)'a', 256)] }.WithTcp("10.0.0.5:443", "10.0.0.9:5").Build(),
            new TlsSample { Payload = [.. Enumerable.Repeat((byte)0xff, 256)], Comm = [0xff, 0xc3] }.WithTcp("[::1]:1", "[2001:db8::1]:2").Build(),
            LossSample.Build("ring_full", 1, 2),
        ];
        var output = new OutputBuffer();
        encode(samples, output);

        // The least of several rounds: what the encoder allocates shows up in each, what the runtime does beside it (tiering, a
        // collection that moves this thread's allocation window) does not.
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                encode(samples, output);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static Action<byte[][], OutputBuffer> EncodeWith(string encoding)
    {
        var batchEncoder = new OtlpLogsEncoder();
        IEventEncoder encoder = encoding == "json" ? new JsonEventEncoder() : new MessagePackEventEncoder();
        return encoding == "otlp_proto"
            ? (samples, output) => EncodeBatch(batchEncoder, samples, output)
            : (samples, output) => Encode(encoder, samples, output);
    }

    private static void Encode(IEventEncoder encoder, byte[][] samples, OutputBuffer output)
    {
        output.Clear();
        foreach (byte[] sample in samples)
        {
            encoder.TryEncode(sample, ExpectedEvent.Stamp, output);
        }
    }

    private static void EncodeBatch(IEventBatchEncoder encoder, byte[][] samples, OutputBuffer output)
    {
        output.Clear();
        encoder.Begin(ExpectedEvent.Stamp.Origin, output);
        foreach (byte[] sample in samples)
        {
            encoder.TryAppend(sample, ExpectedEvent.Stamp, output);
        }

        encoder.End(output);
    }
}
