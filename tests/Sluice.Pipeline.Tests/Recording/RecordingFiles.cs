// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;
using Sluice.TestSupport;

namespace Sluice.Pipeline.Tests.Recording;

/// <summary>Makes recordings in memory and reads them back.</summary>
internal static class RecordingFiles
{
    public const ulong Id = 0x1122_3344_5566_7788;

    public static readonly BatchStamp Stamp = new(new EventOrigin("web-1", 0xabcd), 1_700_000_000_000_000_000, 1_700_000_001_000_000_000);

    /// <summary>A batch whose samples have the numbers from <paramref name="first"/> on.</summary>
    public static SampleBatch Batch(ulong first, int count, BatchStamp? stamp = null)
    {
        SampleBatch batch = new BatchPool().Rent();
        batch.Stamp = stamp ?? Stamp;
        for (int i = 0; i < count; i++)
        {
            ulong number = first + (ulong)i;
            batch.TryAppend(new TlsSample { CpuSequence = number, Payload = new byte[number % 7] }.Build());
        }

        return batch;
    }

    /// <summary>One file with a batch of each length; the samples are numbered through all files of the writer.</summary>
    public static byte[] Write(RecordingWriter writer, ref ulong next, params ReadOnlySpan<int> batches)
    {
        var output = new OutputBuffer();
        writer.WriteFileHeader(DateTimeOffset.UnixEpoch, output);
        foreach (int count in batches)
        {
            writer.WriteBatch(Batch(next, count), output);
            next += (ulong)count;
        }

        return output.WrittenSpan.ToArray();
    }

    public static byte[] Write(params ReadOnlySpan<int> batches)
    {
        ulong next = 0;
        return Write(new RecordingWriter(Id), ref next, batches);
    }

    /// <summary>The samples' numbers with the stamp of each, and what was damaged.</summary>
    public static (List<(BatchStamp Stamp, ulong Number)> Samples, RecordingDamage Damage) Read(params ReadOnlySpan<byte[]> files)
    {
        var samples = new List<(BatchStamp, ulong)>();
        RecordingDamage damage = default;
        var origins = new RecordedOrigins();
        RecordingReader? previous = null;
        foreach (byte[] file in files)
        {
            using RecordingReader reader = RecordingReader.Open(new TrickleStream(file), "test.raw", origins);
            if (previous is not null)
            {
                reader.ContinueFrom(previous);
            }

            while (reader.TryRead(out RecordedBatch batch))
            {
                samples.AddRange(NumbersOf(batch));
            }

            damage += reader.Damage;
            previous = reader;
        }

        return (samples, damage);
    }

    public static IEnumerable<ulong> Range(ulong first, int count) => Enumerable.Range(0, count).Select(i => first + (ulong)i);

    private static List<(BatchStamp Stamp, ulong Number)> NumbersOf(RecordedBatch batch)
    {
        var numbers = new List<(BatchStamp, ulong)>();
        while (batch.TryTake(out ReadOnlySpan<byte> sample))
        {
            numbers.Add((batch.Stamp, Fakes.ScriptedSink.CpuSequence(sample)));
        }

        return numbers;
    }

    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        private int _calls;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (_calls++ % 977)));
    }
}
