// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;
using Xunit;

namespace Sluice.Pipeline.Tests.Recording;

/// <summary>What is written is read; what is damaged is passed over and counted, and nothing else is lost.</summary>
public sealed class RecordingTests
{
    [Fact]
    public void Read_WholeFile_GivesSamplesAndStampsBack()
    {
        var other = new BatchStamp(new EventOrigin("höst", 7), -5, 6);
        var writer = new RecordingWriter(RecordingFiles.Id);
        var output = new OutputBuffer(16);
        writer.WriteFileHeader(DateTimeOffset.UnixEpoch, output);
        Assert.Equal(3, writer.WriteBatch(RecordingFiles.Batch(0, 3), output));
        Assert.Equal(2, writer.WriteBatch(RecordingFiles.Batch(3, 2, other), output));
        Assert.Equal(1, writer.WriteBatch(RecordingFiles.Batch(5, 1), output));

        (var samples, RecordingDamage damage) = RecordingFiles.Read(output.WrittenSpan.ToArray());

        Assert.Equal(default, damage);
        Assert.Equal(RecordingFiles.Range(0, 6), samples.Select(static s => s.Number));
        Assert.Equal(["web-1", "web-1", "web-1", "höst", "höst", "web-1"], samples.Select(static s => s.Stamp.Origin.HostName));
        Assert.Equal((7ul, -5L, 6L), (samples[3].Stamp.Origin.RunId, samples[3].Stamp.ClockOffsetNs, samples[3].Stamp.ObservedUnixNs));
        Assert.Equal(RecordingFiles.Stamp.ClockOffsetNs, samples[0].Stamp.ClockOffsetNs);
        Assert.Same(samples[0].Stamp.Origin, samples[5].Stamp.Origin);
    }

    [Fact]
    public void Read_CutAtEveryByte_GivesEveryWholeBatchAndCountsTheRest()
    {
        byte[] file = RecordingFiles.Write(4, 1, 3);
        int[] ends = [RecordingWriter.FileHeaderBytes, EndOf(file, 1), EndOf(file, 2), file.Length];
        ulong[] samplesAt = [0, 4, 5, 8];
        for (int length = RecordingWriter.FileHeaderBytes; length <= file.Length; length++)
        {
            (var samples, RecordingDamage damage) = RecordingFiles.Read(file[..length]);

            int whole = Array.FindLastIndex(ends, end => end <= length);
            Assert.Equal(RecordingFiles.Range(0, (int)samplesAt[whole]), samples.Select(static s => s.Number));
            Assert.Equal(new RecordingDamage(0, 0, length - ends[whole], 0, 0), damage);
        }
    }

    [Fact]
    public void Open_HeaderCutAtEveryByte_IsRefused()
    {
        byte[] file = RecordingFiles.Write(1);
        for (int length = 0; length < RecordingWriter.FileHeaderBytes; length++)
        {
            Assert.Throws<RecordingException>(() => RecordingFiles.Read(file[..length]));
        }
    }

    [Fact]
    public void Read_EveryByteSpoiled_LosesOneBatchAtMostAndCountsIt()
    {
        byte[] file = RecordingFiles.Write(4, 2, 3);
        int first = EndOf(file, 1), second = EndOf(file, 2);
        for (int i = RecordingWriter.FileHeaderBytes; i < file.Length; i++)
        {
            byte[] spoiled = [.. file];
            spoiled[i] ^= 0x55;
            (var samples, RecordingDamage damage) = RecordingFiles.Read(spoiled);

            (ulong[] expected, RecordingDamage lost) = i < first ? ((ulong[])[4, 5, 6, 7, 8], new RecordingDamage(1, 4, 0, 0, 0))
                : i < second ? ([0, 1, 2, 3, 6, 7, 8], new RecordingDamage(1, 2, 0, 0, 0))
                : ([0, 1, 2, 3, 4, 5], new RecordingDamage(0, 0, file.Length - second, 0, 0));
            Assert.Equal(expected, samples.Select(static s => s.Number));
            Assert.Equal(lost, damage);
        }
    }

    [Fact]
    public void Read_HeaderSpoiledAtEveryByte_IsRefusedAndNeverReadWrongly()
    {
        byte[] file = RecordingFiles.Write(4);
        for (int i = 0; i < RecordingWriter.FileHeaderBytes; i++)
        {
            byte[] spoiled = [.. file];
            spoiled[i] ^= 0x41;
            Assert.Throws<RecordingException>(() => RecordingFiles.Read(spoiled));
        }
    }

    /// <summary>A sample's payload may hold anything, other recordings too: it must not be taken for a frame of this one.</summary>
    [Fact]
    public void Read_DamagedFrameWithFramesOfAnotherRecordingInside_InventsNothing()
    {
        byte[] inner = RecordingFiles.Write(1, 1);
        var writer = new RecordingWriter(1);
        var output = new OutputBuffer();
        writer.WriteFileHeader(DateTimeOffset.UnixEpoch, output);
        SampleBatch batch = new BatchPool().Rent();
        batch.Stamp = RecordingFiles.Stamp;
        batch.TryAppend(new TestSupport.TlsSample { CpuSequence = 77, Payload = inner }.Build());
        int start = output.Length;
        writer.WriteBatch(batch, output);
        writer.WriteBatch(RecordingFiles.Batch(5, 1), output);
        byte[] file = output.WrittenSpan.ToArray();
        file[start + 12] ^= 1;

        (var samples, RecordingDamage damage) = RecordingFiles.Read(file);

        Assert.Equal([5ul], samples.Select(static s => s.Number));
        Assert.Equal(new RecordingDamage(1, 1, 0, 0, 0), damage);
    }

    [Fact]
    public void Read_FilesOfARotation_FollowEachOther()
    {
        (byte[] a, byte[] b, byte[] c) = Rotation();

        (var samples, RecordingDamage damage) = RecordingFiles.Read(a, b, c);

        Assert.Equal(default, damage);
        Assert.Equal(RecordingFiles.Range(0, 12), samples.Select(static s => s.Number));
    }

    [Fact]
    public void Read_FileOfARotationIsMissing_SaysHowManyEventsStandInIt()
    {
        (byte[] a, _, byte[] c) = Rotation();

        Assert.Equal(new RecordingDamage(0, 0, 0, 4, 0), RecordingFiles.Read(a, c).Damage);
        Assert.Equal(default, RecordingFiles.Read(c).Damage);
    }

    [Fact]
    public void Read_FilesInAnotherOrder_AreReadAndSaidToBe()
    {
        (byte[] a, byte[] b, _) = Rotation();

        (var samples, RecordingDamage damage) = RecordingFiles.Read(b, a);

        Assert.Equal(8, samples.Count);
        Assert.Equal(4, damage.Repeated);
        Assert.False(damage.HasHoles);
    }

    [Fact]
    public void Read_FileInTheMiddleEndsTorn_IsAHoleOfKnownSize()
    {
        (byte[] a, byte[] b, byte[] c) = Rotation();

        (var samples, RecordingDamage damage) = RecordingFiles.Read(a, b[..^1], c);

        Assert.Equal(10, samples.Count);
        Assert.Equal(2, damage.Samples);
        Assert.True(damage.HasHoles);
    }

    [Fact]
    public void Open_NewerVersion_SaysSo()
    {
        byte[] file = RecordingFiles.Write(1);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(RecordingFormat.VersionAt), 2);

        RecordingException refusal = Assert.Throws<RecordingException>(() => RecordingFiles.Read(file));

        Assert.Contains("'test.raw' is a recording of a newer format (version 2.1;", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OtherByteOrder_SaysSo()
    {
        byte[] file = RecordingFiles.Write(1);
        file[RecordingFormat.SampleOrderAt] = RecordingFormat.BigEndianSamples;
        Seal(file.AsSpan(0, RecordingFormat.HeaderBytes));

        RecordingException refusal = Assert.Throws<RecordingException>(() => RecordingFiles.Read(file));

        Assert.Contains("another byte order", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LongerHeaderAndUnknownKindOfFrame_ArePassedOver()
    {
        byte[] file = RecordingFiles.Write(2, 3);
        byte[] header = new byte[RecordingFormat.HeaderBytes + 8];
        file.AsSpan(0, RecordingFormat.HeaderBytes - 4).CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(RecordingFormat.HeaderBytesAt), header.Length);
        Seal(header);
        byte[] frame = file[RecordingFormat.HeaderBytes..EndOf(file, 1)];
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(RecordingFormat.FrameKindAt), 9);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(RecordingFormat.FrameSamplesAt), 0);
        Seal(frame.AsSpan(0, RecordingFormat.FrameHeaderBytes));

        (var samples, RecordingDamage damage) = RecordingFiles.Read([.. header, .. frame, .. file[RecordingFormat.HeaderBytes..]]);

        Assert.Equal(default, damage);
        Assert.Equal(RecordingFiles.Range(0, 5), samples.Select(static s => s.Number));
    }

    [Fact]
    public void WriteBatch_MalformedSample_IsLeftOut()
    {
        SampleBatch batch = RecordingFiles.Batch(0, 2);
        batch.TryAppend("too short"u8);
        byte[] padded = [.. new TestSupport.TlsSample().Build(), 0, 0];
        batch.TryAppend(padded);
        var output = new OutputBuffer();
        var writer = new RecordingWriter(RecordingFiles.Id);
        writer.WriteFileHeader(DateTimeOffset.UnixEpoch, output);

        Assert.Equal(2, writer.WriteBatch(batch, output));

        Assert.Equal([0ul, 1ul], RecordingFiles.Read(output.WrittenSpan.ToArray()).Samples.Select(static s => s.Number));
    }

    [Fact]
    public void WriteBatch_NothingButMalformedSamples_WritesNothing()
    {
        SampleBatch batch = new BatchPool().Rent();
        batch.TryAppend("too short"u8);
        var output = new OutputBuffer();

        Assert.Equal(0, new RecordingWriter(1).WriteBatch(batch, output));
        Assert.Equal(0, output.Length);
    }

    [Fact]
    public void Read_RandomBytesBehindTheHeader_NeverThrowsAndGivesNothing()
    {
        var random = new Random(4711);
        byte[] header = RecordingFiles.Write();
        for (int round = 0; round < 300; round++)
        {
            byte[] noise = new byte[random.Next(3000)];
            random.NextBytes(noise);

            (var samples, RecordingDamage damage) = RecordingFiles.Read([.. header, .. noise]);

            Assert.Empty(samples);
            Assert.Equal(noise.Length, damage.TornBytes);
        }
    }

    [Fact]
    public void Read_SeveralBytesSpoiled_GivesNothingThatWasNotWritten()
    {
        var random = new Random(4712);
        byte[] file = RecordingFiles.Write(3, 5, 1, 8, 2);
        for (int round = 0; round < 500; round++)
        {
            byte[] spoiled = [.. file];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                spoiled[random.Next(RecordingWriter.FileHeaderBytes, file.Length)] = (byte)random.Next(256);
            }

            (var samples, RecordingDamage damage) = RecordingFiles.Read(spoiled[..random.Next(RecordingWriter.FileHeaderBytes, file.Length + 1)]);

            ulong[] numbers = [.. samples.Select(static s => s.Number)];
            Assert.Equal(numbers.Order().Distinct(), numbers);
            Assert.All(numbers, static number => Assert.InRange(number, 0ul, 18ul));

            // Whatever lies before the last sample that was read is either read or counted as missing.
            Assert.Equal(numbers.Length == 0 ? 0 : (long)numbers[^1] + 1, numbers.Length + damage.Samples);
        }
    }

    [Fact]
    public void Checksum_IsCrc32C() =>
        // The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));

    private static (byte[] A, byte[] B, byte[] C) Rotation()
    {
        var writer = new RecordingWriter(RecordingFiles.Id);
        ulong next = 0;
        return (RecordingFiles.Write(writer, ref next, 4), RecordingFiles.Write(writer, ref next, 2, 2), RecordingFiles.Write(writer, ref next, 1, 3));
    }

    private static int EndOf(byte[] file, int frames)
    {
        int end = RecordingFormat.HeaderBytes;
        for (int i = 0; i < frames; i++)
        {
            end += RecordingFormat.FrameHeaderBytes + BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(end + RecordingFormat.FrameBodyBytesAt));
        }

        return end;
    }

    private static void Seal(Span<byte> bytes) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[^4..], Crc32C.Of(bytes[..^4]));
}
