// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// The consumer's side of one perf buffer, as a mechanism over memory: it neither waits nor owns anything.
/// <see cref="PerfReader"/> does both. One thread at a time.
/// </summary>
/// <remarks>
/// <code>
///  metadata page (rw)                       data, size bytes (2^n pages)
///  ┌───────┬───────────┬───────────┬──┐     ┌───────────────────────────┐
///  │ …1024 │ data_head │ data_tail │… │     │ord│ … │hdr│record│ hdr│rec│  a record that wraps is copied
///  └───────┴───────────┴───────────┴──┘     └───────────────────────────┘
///  hdr: u32 type, u16 misc, u16 size (header included); records start at multiples of 8, so no header wraps.
/// </code>
/// Kernel side: kernel/events/ring_buffer.c (quoted as of v6.1).
/// </remarks>
public sealed unsafe class PerfRing : IRing
{
    /// <summary>A record's size is a u16: no record is longer than this.</summary>
    public const int MaxRecordBytes = ushort.MaxValue + 1;

    internal const uint PERF_RECORD_LOST = 2;
    internal const uint PERF_RECORD_SAMPLE = 9;
    internal const uint PERF_RECORD_MMAP2 = 10;

    /// <summary>Offsets in struct perf_event_mmap_page, part of the kernel's ABI.</summary>
    internal const int DataHeadOffset = 1024;
    internal const int DataTailOffset = 1032;

    private readonly ulong* _dataHead;
    private readonly ulong* _dataTail;
    private readonly byte* _data;
    private readonly ulong _size;
    private readonly ulong _maxPassBytes;
    private readonly ulong _publishBytes;
    private readonly byte[] _wrapped;

    /// <summary>Where the next record starts; runs ahead of the shared tail during a pass.</summary>
    private ulong _position;

    /// <summary>Looks at a perf buffer that the caller mapped writable (a read-only mapping makes the kernel overwrite unread data).</summary>
    /// <param name="metadataPage">The first page of the mapping.</param>
    /// <param name="data">The data area.</param>
    /// <param name="size">Bytes of the data area, a power of two.</param>
    /// <param name="maxPassBytes">A pass ends at the first record end at or after so many bytes.</param>
    /// <param name="wrapped">Room for one record that wraps, at least <see cref="MaxRecordBytes"/>; rings of one thread may share it.</param>
    /// <remarks>The caller vouches that the memory outlives this object.</remarks>
    public PerfRing(byte* metadataPage, byte* data, uint size, int maxPassBytes, byte[] wrapped)
    {
        ArgumentNullException.ThrowIfNull(wrapped);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPassBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(wrapped.Length, MaxRecordBytes, nameof(wrapped));
        if (!BitOperations.IsPow2(size))
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "A perf buffer's size is a power of two.");
        }

        _dataHead = (ulong*)(metadataPage + DataHeadOffset);
        _dataTail = (ulong*)(metadataPage + DataTailOffset);
        _data = data;
        _size = size;
        _maxPassBytes = (ulong)maxPassBytes;
        _publishBytes = Math.Max(size / 8, 1); // the same trade as in RingbufRing
        _wrapped = wrapped;
        _position = *_dataTail;
    }

    /// <summary>Where the consumer is, published or not.</summary>
    public ulong Position => _position;

    /// <summary>Where the consumer is as the producers know it. From any thread.</summary>
    public ulong PublishedPosition
    {
        get
        {
            // SAFETY: the constructor's caller vouches for the page.
            unsafe
            {
                // Acquire; pairs with the Volatile.Write in Publish: another thread may ask while the consumer is at work.
                return Volatile.Read(ref *_dataTail);
            }
        }
    }

    /// <summary>Bytes of the data area.</summary>
    public ulong SizeBytes => _size;

    /// <summary>Where the kernel is, as of now.</summary>
    public ulong ProducerPosition
    {
        get
        {
            // SAFETY: the constructor's caller vouches for the page.
            unsafe
            {
                // Acquire; pairs with smp_wmb() before WRITE_ONCE(rb->user_page->data_head) in perf_output_put_handle.
                return Volatile.Read(ref *_dataHead);
            }
        }
    }

    /// <summary>Whether every record has been consumed.</summary>
    public bool IsEmpty => ProducerPosition == _position;

    /// <summary>Hands over samples and reports of loss up to the pass limit, oldest first, and frees their room.</summary>
    /// <remarks>Never blocks. When the handler throws, its record counts as consumed.</remarks>
    /// <exception cref="InvalidDataException">The buffer's content makes no sense; what came before it is consumed, the rest stays.</exception>
    public DrainResult Drain<THandler>(int source, ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        PerfSampleRecords<THandler> records = new(ref handler);
        long bytes = DrainRecords(source, ref records);
        return new DrainResult(records.Samples, bytes);
    }

    /// <summary>Frees the room of all that was consumed. <see cref="Drain"/> does it; needed only after its handler threw.</summary>
    public void Publish()
    {
        // SAFETY: the constructor's caller vouches for the page.
        unsafe
        {
            // Release: our reads of the records come before; pairs with READ_ONCE(rb->user_page->data_tail) and the control
            // dependency behind it in __perf_output_begin.
            Volatile.Write(ref *_dataTail, _position);
        }
    }

    internal long DrainRecords<TRecords>(int source, ref TRecords records)
        where TRecords : struct, IPerfRecordHandler, allows ref struct
    {
        ulong start = _position;
        ulong available = ProducerPosition - start;
        if (available > _size)
        {
            ThrowOverfull(source, available);
        }

        ulong passEnd = Math.Min(available, _maxPassBytes);
        ulong nextPublication = _publishBytes;
        ulong done = 0;
        ulong usualSize = 0;
        while (done < passEnd)
        {
            ulong offset = (start + done) & (_size - 1);
            PerfEventHeader header;

            // SAFETY: offset lies inside the data area and is a multiple of 8 (each record's size is checked to be one), as
            // is the area's size, so the 8 bytes of a header never run over its end.
            unsafe
            {
                header = *(PerfEventHeader*)(_data + offset);
            }

            if (header.size < sizeof(PerfEventHeader) || (header.size & 7) != 0 || header.size > available - done)
            {
                ThrowCorrupt(source, start + done, header, available - done);
            }

            // A guess that lets the CPU run ahead, as in RingbufRing.
            if (header.size != usualSize)
            {
                usualSize = header.size;
            }

            done += usualSize;
            _position = start + done;
            if (!records.OnRecord(source, header.type, BodyAt(offset, header.size)))
            {
                ThrowCorrupt(source, start + done - header.size, header, available - done + header.size);
            }

            if (done >= nextPublication)
            {
                Publish();
                nextPublication = done + _publishBytes;
            }
        }

        if (done != 0)
        {
            Publish();
        }

        return (long)done;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> BodyAt(ulong offset, ushort recordSize)
    {
        // SAFETY: the caller checked that the record is at least a header long and lies inside what the kernel has published;
        // here it also ends inside the data area.
        unsafe
        {
            return offset + recordSize <= _size
                ? new ReadOnlySpan<byte>(_data + offset + sizeof(PerfEventHeader), recordSize - sizeof(PerfEventHeader))
                : WrappedBodyAt(offset, recordSize);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ReadOnlySpan<byte> WrappedBodyAt(ulong offset, ushort recordSize)
    {
        int contiguous = (int)(_size - offset);
        Span<byte> whole = _wrapped.AsSpan(0, recordSize);

        // SAFETY: the record is at most as long as the data area (checked by the caller), so what wraps lies inside it too;
        // _wrapped takes any u16 of bytes (checked by the constructor).
        unsafe
        {
            new ReadOnlySpan<byte>(_data + offset, contiguous).CopyTo(whole);
            new ReadOnlySpan<byte>(_data, recordSize - contiguous).CopyTo(whole[contiguous..]);
        }

        return whole[sizeof(PerfEventHeader)..];
    }

    [DoesNotReturn]
    private void ThrowOverfull(int source, ulong available) => throw new InvalidDataException(string.Create(
        CultureInfo.InvariantCulture,
        $"The positions of perf buffer {source} are corrupt: {available} unread bytes in a buffer of {_size}. Only this process may move its tail."));

    [DoesNotReturn]
    private void ThrowCorrupt(int source, ulong position, PerfEventHeader header, ulong available)
    {
        Publish();
        throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture,
            $"Perf buffer {source} is corrupt: the record at position {position} (type {header.type}, size {header.size}) makes no sense with {available} bytes left."));
    }
}
