// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;
using Sluice.TestSupport;

namespace Sluice.Collector.Tests.Replay;

/// <summary>Writes recordings, and the JSON Lines that a sink beside the recording one would have written.</summary>
internal static class RecordingsOnDisk
{
    private const ulong StartKtimeNs = 5_000_000_000;

    private static readonly BatchStamp s_stamp = new(new EventOrigin("web-1", 0x1234_5678_9abc_def0), 1_700_000_000_000_000_000, 1_700_000_005_000_000_000);

    /// <summary>A file of numbered events, so many to a batch.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="writer">Of the recording.</param>
    /// <param name="first">Number of the first event.</param>
    /// <param name="count">Events.</param>
    /// <param name="perBatch">Events in each batch.</param>
    /// <param name="distance">Between two events; null for a microsecond.</param>
    /// <returns>The events as JSON Lines.</returns>
    public static string Write(string path, RecordingWriter writer, int first, int count, int perBatch = 7, TimeSpan? distance = null)
    {
        var output = new OutputBuffer();
        var lines = new OutputBuffer();
        var encoder = new JsonEventEncoder();
        writer.WriteFileHeader(DateTimeOffset.UnixEpoch, output);
        for (int start = first; start < first + count; start += perBatch)
        {
            SampleBatch batch = new BatchPool().Rent();
            batch.Stamp = s_stamp;
            for (int i = start; i < Math.Min(start + perBatch, first + count); i++)
            {
                batch.TryAppend(Sample(i, distance ?? TimeSpan.FromMicroseconds(1)));
                encoder.TryEncode(batch[batch.Count - 1], s_stamp, lines);
                lines.Write("\n"u8);
            }

            writer.WriteBatch(batch, output);
        }

        File.WriteAllBytes(path, output.WrittenSpan);
        return System.Text.Encoding.UTF8.GetString(lines.WrittenSpan);
    }

    private static byte[] Sample(int number, TimeSpan distance) => new TlsSample
    {
        KtimeNs = StartKtimeNs + (ulong)(number * distance.Ticks * TimeSpan.NanosecondsPerTick),
        CpuSequence = (ulong)number,
        Sequence = (ulong)number,
        Payload = System.Text.Encoding.UTF8.GetBytes("Ereignis " + number.ToString(CultureInfo.InvariantCulture)),
    }.Build();
}
