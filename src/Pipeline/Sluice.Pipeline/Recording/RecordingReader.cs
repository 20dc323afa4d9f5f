// SPDX-License-Identifier: Apache-2.0
using System;
using System.Buffers.Binary;
using System.IO;
using Sluice.Pipeline.Batching;

namespace Sluice.Pipeline.Recording;

/// <summary>
/// Reads one file of a recording from its start to its end; what is damaged is passed over and counted. Blocks while the stream blocks. Not thread-safe.
/// </summary>
/// <remarks>
/// Whatever the bytes, it takes no more memory than the longest frame may have. Frames carry the recording's random number, so bytes of a payload cannot
/// pass for a frame when the reader looks for the next one behind a damaged place.
/// </remarks>
public sealed class RecordingReader : IDisposable
{
    private readonly Stream _stream;
    private readonly RecordedOrigins _origins;
    private readonly byte[] _marker = new byte[sizeof(ulong)];
    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;
    private int _frameBytes;
    private ulong? _next;

    /// <summary>Bytes since the last whole frame that are part of none.</summary>
    private long _passedOver;

    private bool _followsDamage;
    private bool _hasFrame;
    private RecordingDamage _damage;

    private RecordingReader(Stream stream, RecordedOrigins origins)
    {
        _stream = stream;
        _origins = origins;
    }

    /// <summary>What was passed over so far.</summary>
    public RecordingDamage Damage => _damage;

    /// <summary>The number that all files of one recording have in common.</summary>
    public ulong RecordingId { get; private set; }

    /// <summary>Place of the file in its recording, from 0.</summary>
    public uint FileNumber { get; private set; }

    /// <summary>The number of the sample behind the last one that was read; null before the first.</summary>
    public ulong? NextSample => _next;

    /// <summary>True when the file ends otherwise than with a whole frame. To be read at its end.</summary>
    public bool EndsDamaged { get; private set; }

    private ReadOnlySpan<byte> Held => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Opens a recording and reads its header.</summary>
    /// <param name="stream">At its start; the reader's own from now on, also when this throws.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="origins">Shared by the files of one replay.</param>
    /// <exception cref="RecordingException">It is no recording, or none that this version and machine can read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RecordingReader Open(Stream stream, string name, RecordedOrigins origins)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var reader = new RecordingReader(stream, origins);
        try
        {
            reader.ReadHeader(name);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Says that the samples before this file were read from another file of the same recording, so that a hole between the two is seen. To be called before the
    /// first batch is read.
    /// </summary>
    public void ContinueFrom(RecordingReader previous)
    {
        ArgumentNullException.ThrowIfNull(previous);
        if (previous.RecordingId == RecordingId)
        {
            _next = previous._next;
            _followsDamage = previous.EndsDamaged;
        }
    }

    /// <summary>Reads the next whole batch; false at the end of the file.</summary>
    /// <exception cref="IOException">The file cannot be read further.</exception>
    public bool TryRead(out RecordedBatch batch)
    {
        _start += _frameBytes;
        _frameBytes = 0;
        while (true)
        {
            if (!TryFindFrame(out int bodyBytes))
            {
                batch = default;
                return false;
            }

            int frameBytes = RecordingFormat.FrameHeaderBytes + bodyBytes;
            ReadOnlySpan<byte> frame = Held[..frameBytes];
            if (BinaryPrimitives.ReadUInt16LittleEndian(frame[RecordingFormat.FrameKindAt..]) != RecordingFormat.BatchKind)
            {
                // Of a later version that says of itself that this one can read it.
                _start += frameBytes;
            }
            else if (TryParse(frame, out batch))
            {
                _frameBytes = frameBytes;
                Count(frame);
                return true;
            }
            else
            {
                PassOver(frameBytes);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void ReadHeader(string name)
    {
        if (!TryHold(RecordingFormat.HeaderBytes) || !RecordingWriter.IsRecording(Held))
        {
            throw new RecordingException(RecordingWriter.IsRecording(Held)
                ? $"'{name}' ends inside its header: it is a recording of which nothing was kept."
                : $"'{name}' is not a recording; a file that a raw: sink wrote is wanted.");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(Held[RecordingFormat.VersionAt..]);
        ushort sampleVersion = BinaryPrimitives.ReadUInt16LittleEndian(Held[RecordingFormat.SampleVersionAt..]);
        if (version > RecordingFormat.Version || sampleVersion > RecordingFormat.SampleVersion)
        {
            throw new RecordingException(
                $"'{name}' is a recording of a newer format (version {version}.{sampleVersion}; this sluice reads up to {RecordingFormat.Version}.{RecordingFormat.SampleVersion}): replay it with a newer sluice.");
        }

        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(Held[RecordingFormat.HeaderBytesAt..]);
        if (version == 0 || bytes is < RecordingFormat.HeaderBytes or > RecordingFormat.MaxHeaderBytes || !TryHold((int)bytes) || !HasChecksum(Held[..(int)bytes]))
        {
            throw new RecordingException($"The header of the recording '{name}' is damaged; nothing behind it can be read without it.");
        }

        byte own = BitConverter.IsLittleEndian ? RecordingFormat.LittleEndianSamples : RecordingFormat.BigEndianSamples;
        if (Held[RecordingFormat.SampleOrderAt] != own)
        {
            throw new RecordingException($"'{name}' was recorded on a machine of another byte order; replay it on one like that.");
        }

        FileNumber = BinaryPrimitives.ReadUInt32LittleEndian(Held[RecordingFormat.FileNumberAt..]);
        RecordingId = BinaryPrimitives.ReadUInt64LittleEndian(Held[RecordingFormat.RecordingIdAt..]);
        Held.Slice(RecordingFormat.RecordingIdAt, sizeof(ulong)).CopyTo(_marker);
        _next = FileNumber == 0 ? 0ul : null;
        _start += (int)bytes;
    }

    private static bool HasChecksum(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]) == Crc32C.Of(bytes[..^sizeof(uint)]);

    /// <summary>Holds the next frame whose header and length are right, whatever is in it; false at the end of the file.</summary>
    private bool TryFindFrame(out int bodyBytes)
    {
        while (TryHold(RecordingFormat.FrameHeaderBytes))
        {
            if (!IsFrameHeader(Held, out bodyBytes))
            {
                SkipToMarker();
            }
            else if (TryHold(RecordingFormat.FrameHeaderBytes + bodyBytes))
            {
                return true;
            }
            else
            {
                break;
            }
        }

        bodyBytes = 0;
        PassOver(Held.Length);
        _damage = _damage with { TornBytes = _damage.TornBytes + _passedOver };
        EndsDamaged |= _passedOver != 0;
        _passedOver = 0;
        return false;
    }

    private bool IsFrameHeader(ReadOnlySpan<byte> bytes, out int bodyBytes)
    {
        ReadOnlySpan<byte> header = bytes[..RecordingFormat.FrameHeaderBytes];
        bodyBytes = BinaryPrimitives.ReadInt32LittleEndian(header[RecordingFormat.FrameBodyBytesAt..]);
        return header.StartsWith(_marker) && bodyBytes is >= 0 and <= RecordingFormat.MaxBodyBytes && HasChecksum(header);
    }

    private void PassOver(int bytes)
    {
        _start += bytes;
        _passedOver += bytes;
    }

    /// <summary>Goes forward, by one byte at least, to where the marker stands or may begin.</summary>
    private void SkipToMarker()
    {
        int found = Held[1..].IndexOf(_marker);
        PassOver(found >= 0 ? 1 + found : Held.Length - (_marker.Length - 1));
    }

    private bool TryParse(ReadOnlySpan<byte> frame, out RecordedBatch batch)
    {
        batch = default;
        ReadOnlySpan<byte> body = frame[RecordingFormat.FrameHeaderBytes..];
        int samples = BinaryPrimitives.ReadInt32LittleEndian(frame[RecordingFormat.FrameSamplesAt..]);
        return Crc32C.Of(body) == BinaryPrimitives.ReadUInt32LittleEndian(frame[RecordingFormat.FrameBodyChecksumAt..]) && TryParseBatch(body, samples, out batch);
    }

    private bool TryParseBatch(ReadOnlySpan<byte> body, int samples, out RecordedBatch batch)
    {
        batch = default;
        if (body.Length < RecordingFormat.BatchHostAt)
        {
            return false;
        }

        int headBytes = BinaryPrimitives.ReadUInt16LittleEndian(body[RecordingFormat.BatchHeadBytesAt..]);
        int hostBytes = BinaryPrimitives.ReadUInt16LittleEndian(body[RecordingFormat.BatchHostBytesAt..]);
        if (headBytes > body.Length || RecordingFormat.BatchHostAt + hostBytes > headBytes || !RecordedBatch.HoldsExactly(body[headBytes..], samples))
        {
            return false;
        }

        var stamp = new BatchStamp(
            _origins.Find(BinaryPrimitives.ReadUInt64LittleEndian(body[RecordingFormat.BatchRunIdAt..]), body.Slice(RecordingFormat.BatchHostAt, hostBytes)),
            BinaryPrimitives.ReadInt64LittleEndian(body[RecordingFormat.BatchClockOffsetAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[RecordingFormat.BatchObservedAt..]));
        batch = new RecordedBatch(stamp, samples, body[headBytes..]);
        return true;
    }

    private void Count(ReadOnlySpan<byte> frame)
    {
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(frame[RecordingFormat.FrameFirstSampleAt..]);
        int samples = BinaryPrimitives.ReadInt32LittleEndian(frame[RecordingFormat.FrameSamplesAt..]);
        bool behindDamage = _passedOver != 0 || _followsDamage;
        long places = _passedOver != 0 ? 1 : 0;
        ulong expected = _next ?? first;
        long missing = first > expected ? (long)(first - expected) : 0;
        bool isInside = behindDamage || _hasFrame;
        _damage += new RecordingDamage(places, isInside ? missing : 0, 0, isInside ? 0 : missing, first < expected ? samples : 0);
        _passedOver = 0;
        _followsDamage = false;
        _hasFrame = true;
        _next = first + (uint)samples;
    }

    /// <summary>Reads until so many bytes are held; false when the file ends before.</summary>
    private bool TryHold(int bytes)
    {
        if (Held.Length >= bytes)
        {
            return true;
        }

        if (_buffer.Length - _start < bytes)
        {
            byte[] target = _buffer.Length < bytes ? new byte[bytes] : _buffer;
            Held.CopyTo(target);
            _end -= _start;
            _start = 0;
            _buffer = target;
        }

        while (Held.Length < bytes)
        {
            int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
            {
                return false;
            }

            _end += read;
        }

        return true;
    }
}
