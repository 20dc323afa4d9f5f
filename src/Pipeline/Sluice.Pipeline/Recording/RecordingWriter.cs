// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Encoding;

namespace Sluice.Pipeline.Recording;

/// <summary>
/// Writes the bytes of one recording, which may be spread over several files: each begins with <see cref="WriteFileHeader"/>. Not thread-safe; allocates
/// nothing once the buffer has grown to its working size.
/// </summary>
public sealed class RecordingWriter
{
    /// <summary>Host names of the kernel have 64 bytes; what is longer comes from elsewhere and is cut.</summary>
    private const int MaxHostBytes = 1024;

    private readonly ulong _recordingId;
    private uint _nextFile;
    private ulong _nextSample;

    /// <summary>A new recording.</summary>
    public RecordingWriter()
        : this((ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue))
    {
    }

    /// <summary>With a number of its own, for tests. It marks the frames: nobody whose bytes are recorded may be able to guess it.</summary>
    internal RecordingWriter(ulong recordingId) => _recordingId = recordingId;

    /// <summary>Bytes of a file header.</summary>
    public static int FileHeaderBytes => RecordingFormat.HeaderBytes;

    /// <summary>True when a file that begins with these bytes is a recording, of whatever version.</summary>
    public static bool IsRecording(ReadOnlySpan<byte> fileStart) => fileStart.StartsWith(RecordingFormat.Magic);

    /// <summary>Appends the header of the recording's next file.</summary>
    public void WriteFileHeader(DateTimeOffset now, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> header = output.GetSpan(RecordingFormat.HeaderBytes)[..RecordingFormat.HeaderBytes];
        header.Clear();
        RecordingFormat.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[RecordingFormat.VersionAt..], RecordingFormat.Version);
        BinaryPrimitives.WriteUInt16LittleEndian(header[RecordingFormat.SampleVersionAt..], RecordingFormat.SampleVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(header[RecordingFormat.HeaderBytesAt..], RecordingFormat.HeaderBytes);
        header[RecordingFormat.SampleOrderAt] = BitConverter.IsLittleEndian ? RecordingFormat.LittleEndianSamples : RecordingFormat.BigEndianSamples;
        BinaryPrimitives.WriteUInt32LittleEndian(header[RecordingFormat.FileNumberAt..], _nextFile++);
        BinaryPrimitives.WriteUInt64LittleEndian(header[RecordingFormat.RecordingIdAt..], _recordingId);
        BinaryPrimitives.WriteInt64LittleEndian(header[RecordingFormat.CreatedAt..], (now - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
        BinaryPrimitives.WriteUInt32LittleEndian(header[^sizeof(uint)..], Crc32C.Of(header[..^sizeof(uint)]));
        output.Advance(header.Length);
    }

    /// <summary>Appends a batch as one frame; returns how many of its samples are in it. The others are malformed.</summary>
    public int WriteBatch(SampleBatch batch, OutputBuffer output)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(output);
        BatchStamp stamp = batch.Stamp;
        ReadOnlySpan<byte> host = stamp.Origin.HostNameUtf8.Span;
        host = host[..Math.Min(host.Length, MaxHostBytes)];
        int headBytes = RecordingFormat.BatchHostAt + host.Length;
        Span<byte> frame = output.GetSpan(RecordingFormat.FrameHeaderBytes + headBytes + batch.ByteCount);
        Span<byte> body = frame[RecordingFormat.FrameHeaderBytes..];
        BinaryPrimitives.WriteInt64LittleEndian(body[RecordingFormat.BatchClockOffsetAt..], stamp.ClockOffsetNs);
        BinaryPrimitives.WriteInt64LittleEndian(body[RecordingFormat.BatchObservedAt..], stamp.ObservedUnixNs);
        BinaryPrimitives.WriteUInt64LittleEndian(body[RecordingFormat.BatchRunIdAt..], stamp.Origin.RunId);
        BinaryPrimitives.WriteUInt16LittleEndian(body[RecordingFormat.BatchHeadBytesAt..], (ushort)headBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(body[RecordingFormat.BatchHostBytesAt..], (ushort)host.Length);
        host.CopyTo(body[RecordingFormat.BatchHostAt..]);
        int samples = CopySamples(batch, body[headBytes..], out int sampleBytes);
        if (samples != 0)
        {
            WriteFrameHeader(frame, body[..(headBytes + sampleBytes)], samples);
            output.Advance(RecordingFormat.FrameHeaderBytes + headBytes + sampleBytes);
        }

        return samples;
    }

    /// <summary>A reader finds the end of a sample by the size in it, so only samples that have the right one may stand there.</summary>
    private static int CopySamples(SampleBatch batch, Span<byte> target, out int bytes)
    {
        bytes = 0;
        int samples = 0;
        for (int i = 0; i < batch.Count; i++)
        {
            ReadOnlySpan<byte> sample = batch[i];
            if (EventHeaderView.TryParse(sample, out EventHeaderView view) && view.Sample.Length == sample.Length)
            {
                sample.CopyTo(target[bytes..]);
                bytes += sample.Length;
                samples++;
            }
        }

        return samples;
    }

    private void WriteFrameHeader(Span<byte> frame, ReadOnlySpan<byte> body, int samples)
    {
        Span<byte> header = frame[..RecordingFormat.FrameHeaderBytes];
        header.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(header, _recordingId);
        BinaryPrimitives.WriteUInt16LittleEndian(header[RecordingFormat.FrameKindAt..], RecordingFormat.BatchKind);
        BinaryPrimitives.WriteInt32LittleEndian(header[RecordingFormat.FrameBodyBytesAt..], body.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[RecordingFormat.FrameFirstSampleAt..], _nextSample);
        BinaryPrimitives.WriteInt32LittleEndian(header[RecordingFormat.FrameSamplesAt..], samples);
        BinaryPrimitives.WriteUInt32LittleEndian(header[RecordingFormat.FrameBodyChecksumAt..], Crc32C.Of(body));
        BinaryPrimitives.WriteUInt32LittleEndian(header[RecordingFormat.FrameChecksumAt..], Crc32C.Of(header[..RecordingFormat.FrameChecksumAt]));
        _nextSample += (uint)samples;
    }
}
