// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.TestSupport;

namespace Sluice.Sinks.Files.Tests;

/// <summary>Batches of samples for the sinks.</summary>
internal static class Batches
{
    public static SampleBatch Of(params IEnumerable<byte[]> samples)
    {
        byte[][] all = [.. samples];
        SampleBatch batch = new BatchPool(all.Sum(sample => sample.Length) + 1).Rent();
        foreach (byte[] sample in all)
        {
            batch.TryAppend(sample);
        }

        return batch;
    }

    /// <summary>Samples whose sequence and payload are their number.</summary>
    public static SampleBatch Numbered(int first, int count, int payloadBytes = 0) =>
        Of(Enumerable.Range(first, count).Select(number => Numbered(number, payloadBytes)));

    private static byte[] Numbered(int number, int payloadBytes) => new TlsSample
    {
        Sequence = (ulong)number,
        Payload = System.Text.Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture).PadRight(payloadBytes, '.')),
    }.Build();
}
