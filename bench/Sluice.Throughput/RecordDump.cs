// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Text;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;

namespace Sluice.Throughput;

/// <summary>
/// Writes the records that the Kafka sink would produce (MessagePack values, keyed by connection) to a file for bench/native/kafka_produce.c:
/// per record u32 key length, key, u32 value length, value, in host byte order.
/// </summary>
internal static class RecordDump
{
    public static long Write(string path, int records, int payloadBytes)
    {
        var encoder = new MessagePackEventEncoder();
        var value = new OutputBuffer();
        var stamp = new BatchStamp(EventOrigin.ForThisRun(), (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100);
        using FileStream file = File.Create(path);
        using var writer = new BinaryWriter(file);
        for (int i = 0; i < records; i++)
        {
            byte[] sample = SyntheticSamples.Create(i, payloadBytes);
            value.Clear();
            if (!encoder.TryEncode(sample, stamp, value))
            {
                throw new InvalidOperationException("The encoder refused a sample of the generator.");
            }

            WritePart(writer, Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{stamp.Origin.HostName}/{SyntheticSamples.ConnectionOf(i):x16}")));
            WritePart(writer, value.WrittenSpan);
        }

        writer.Flush();
        return file.Length;
    }

    private static void WritePart(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write((uint)bytes.Length);
        writer.Write(bytes);
    }
}
