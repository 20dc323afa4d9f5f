// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO;
using System.Numerics;
using System.Threading;

namespace Sluice.Bpf;

/// <summary>
/// The consumer's side of one BPF ring buffer, as a mechanism over memory: it neither waits nor owns anything.
/// <see cref="RingbufReader"/> does both. One thread at a time; 64-bit kernels only (positions are unsigned long).
/// </summary>
/// <remarks>
/// <code>
///  consumer page (rw)   producer page (ro)   data, size bytes     the same data again
///  ┌───────────────┐    ┌───────────────┐    ┌──────────────────┬──────────────────┐
///  │ u64 position  │    │ u64 position  │    │ …│hdr│record│…   │ a record that    │
///  └───────────────┘    └───────────────┘    └──────────────────┴─wraps runs on────┘
///  hdr: u32 length | BUSY bit 31 | DISCARD bit 30, u32 page offset; records start at multiples of 8.
/// </code>
/// Positions only grow; position modulo size is the offset. Kernel side: kernel/bpf/ringbuf.c (quoted as of v6.1).
/// </remarks>
public sealed unsafe class RingbufRing : IRing
{
    private const uint BusyBit = 1u << 31;
    private const uint DiscardBit = 1u << 30;
    private const uint HeaderBytes = 8;

    private readonly ulong* _consumerPosition;
    private readonly ulong* _producerPosition;
    private readonly byte* _data;
    private readonly ulong _size;
    private readonly ulong _maxPassBytes;
    private readonly ulong _publishBytes;

    /// <summary>Where the next record starts; runs ahead of the shared position during a pass.</summary>
    private ulong _position;

    /// <summary>Looks at a ring that the caller mapped.</summary>
    /// <param name="consumerPage">The page with the consumer position, writable.</param>
    /// <param name="producerPage">The page with the producer position.</param>
    /// <param name="data">The data area, mapped twice in a row.</param>
    /// <param name="size">Bytes of the data area, once; a power of two.</param>
    /// <param name="maxPassBytes">A pass ends at the first record end at or after so many bytes.</param>
    /// <remarks>The caller vouches that the memory outlives this object.</remarks>
    public RingbufRing(byte* consumerPage, byte* producerPage, byte* data, uint size, int maxPassBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxPassBytes);
        if (!BitOperations.IsPow2(size))
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, "A ring buffer's size is a power of two.");
        }

        _consumerPosition = (ulong*)consumerPage;
        _producerPosition = (ulong*)producerPage;
        _data = data;
        _size = size;
        _maxPassBytes = (ulong)maxPassBytes;

        // Producers in need of room should not wait for the end of a long pass, but each publication takes the cache line
        // from them; an eighth of the ring is often enough for the first and seldom enough for the second.
        _publishBytes = Math.Max(size / 8, 1);
        _position = *_consumerPosition;
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
                return Volatile.Read(ref *_consumerPosition);
            }
        }
    }

    /// <summary>Bytes of the data area.</summary>
    public ulong SizeBytes => _size;

    /// <summary>Where the producers are, as of now.</summary>
    public ulong ProducerPosition
    {
        get
        {
            // SAFETY: the constructor's caller vouches for the page.
            unsafe
            {
                // Acquire; pairs with smp_store_release(&rb->producer_pos) in __bpf_ringbuf_reserve.
                return Volatile.Read(ref *_producerPosition);
            }
        }
    }

    /// <summary>Whether every record that was ever reserved has been consumed. A record still being written counts as there.</summary>
    public bool IsEmpty => ProducerPosition == _position;

    /// <summary>Hands over the finished records up to the pass limit, oldest first, and frees their room.</summary>
    /// <remarks>Never blocks. Stops at a record that its producer is still writing. When the handler throws, its record counts as consumed.</remarks>
    /// <exception cref="InvalidDataException">The ring's content makes no sense; what came before it is consumed, the rest stays.</exception>
    public DrainResult Drain<THandler>(int source, ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        ulong start = _position;
        ulong available = ProducerPosition - start;
        if (available == 0)
        {
            return default;
        }

        ThrowIfOverfull(available);
        ulong passEnd = Math.Min(available, _maxPassBytes);
        ulong nextPublication = _publishBytes;
        ulong done = 0;
        int samples = 0;
        ulong usualStep = 0;

        // SAFETY: offsets are masked to the data area; a record is touched only after its length was found to lie inside
        // [start, producer position), which is at most size long, and the area is mapped twice, so no record runs out of it.
        unsafe
        {
            while (done < passEnd)
            {
                byte* record = _data + ((start + done) & (_size - 1));

                // Acquire; pairs with the xchg(&hdr->len) in bpf_ringbuf_commit: no BUSY bit, so the record is complete.
                uint header = Volatile.Read(ref *(uint*)record);
                if ((header & BusyBit) != 0)
                {
                    break;
                }

                uint length = header & ~DiscardBit;
                ulong step = ((ulong)length + HeaderBytes + 7) & ~7ul;
                if (step > available - done)
                {
                    ThrowCorrupt(source, start + done, length, available - done);
                }

                // Where the next record lies depends on this one's length, a load from memory that the kernel has just written. Records are often
                // as long as the one before: guessing that, in a branch, lets the CPU go on to the next before the length is
                // there. 128 B records: a drain ran at 1.0 × libbpf's rate without this, at 1.2 × with it (bench/Sluice.Throughput drain).
                if (step != usualStep)
                {
                    usualStep = step;
                }

                done += usualStep;
                _position = start + done;
                if (header == length)
                {
                    samples++;
                    handler.OnSample(source, new ReadOnlySpan<byte>(record + HeaderBytes, (int)length));
                }

                if (done >= nextPublication)
                {
                    Publish();
                    nextPublication = done + _publishBytes;
                }
            }
        }

        Publish();
        return new DrainResult(samples, (long)done);
    }

    /// <summary>Frees the room of all that was consumed. <see cref="Drain"/> does it; needed only after its handler threw.</summary>
    public void Publish()
    {
        // SAFETY: the constructor's caller vouches for the page.
        unsafe
        {
            // Release: our reads of the records come before; pairs with smp_load_acquire(&rb->consumer_pos) in
            // __bpf_ringbuf_reserve (room) and bpf_ringbuf_commit (is the consumer waiting for this very record?).
            Volatile.Write(ref *_consumerPosition, _position);
        }
    }

    private void ThrowIfOverfull(ulong available)
    {
        if (available > _size)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"The ring buffer's positions are corrupt: {available} unread bytes in a ring of {_size}. Only this process may move its consumer position."));
        }
    }

    [DoesNotReturn]
    private void ThrowCorrupt(int source, ulong position, uint length, ulong available)
    {
        Publish();
        throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture,
            $"Ring buffer {source} is corrupt: the record at position {position} says {length} bytes, but only {available} follow its start."));
    }
}
