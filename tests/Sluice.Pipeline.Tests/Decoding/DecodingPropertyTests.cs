// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Wire;
using Xunit;

namespace Sluice.Pipeline.Tests.Decoding;

public sealed class DecodingPropertyTests
{
    /// <summary>Random bytes with a plausible head, so that most of them come past the first checks.</summary>
    [Fact]
    public void Views_RandomBytes_NeverThrowAndNeverReadPastTheSample()
    {
        var random = new Random(20261122);
        int accepted = 0;
        for (int round = 0; round < 50_000; round++)
        {
            byte[] sample = new byte[random.Next(0, 400)];
            random.NextBytes(sample);
            if (sample.Length >= EventHeader.SizeInBytes)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(sample, (ushort)random.Next(0, 5));
                BinaryPrimitives.WriteUInt32LittleEndian(sample.AsSpan(4), (uint)random.Next(0, 410));
            }

            if (sample.Length >= TlsDataHeader.SizeInBytes)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(sample.AsSpan(96), (uint)random.Next(0, 260));
                sample[118] = (byte)random.Next(0, 12);
            }

            string? alone = SampleText.Describe(sample);

            // What lies behind a sample is another sample: it must not change the answer, unless the sample claims to be longer.
            byte[] followed = [.. sample, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            if (alone is not null)
            {
                accepted++;
                Assert.Equal(alone, SampleText.Describe(followed));
            }
        }

        Assert.InRange(accepted, 1_000, 50_000);
    }
}
