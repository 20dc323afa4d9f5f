// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Reads one or more BPF ring buffers on one thread (Linux 5.8). While data flows it looks at the rings on a short timer and
/// the programs submit without wake-up; when they stay empty it goes to sleep and the next record wakes it, as NAPI does
/// for network cards.
/// </summary>
/// <remarks>
/// The programs take part through <c>struct sluice_control { u32 polling; u32 wake_bytes; }</c> in an mmap-able array: after
/// a fully ordered atomic operation that follows the reservation they read <c>polling</c>, submit with BPF_RB_NO_WAKEUP if it
/// is 1, and with BPF_RB_FORCE_WAKEUP if more than <c>wake_bytes</c> are unread. Without that word the reader relies on the
/// kernel's own rule (a wake-up when the consumer has caught up).
/// </remarks>
public sealed unsafe class RingbufReader : IRingGauge, IDisposable
{
    /// <summary>Of struct sluice_control.</summary>
    internal const int PollingOffset = 0;
    internal const int WakeBytesOffset = 4;

    private readonly ResourceGroup _resources = new();
    private readonly ConsumerGate _gate;
    private readonly ReaderOptions _options;
    private readonly MappedMemory? _control;
    private readonly EventPoll _poll;
    private readonly RingbufRing[] _rings;
    private readonly uint _wakeBytes;

    /// <summary>Maps the rings; nothing is read yet.</summary>
    /// <param name="shards">Loaded ring buffer maps; a sample's source is the index in this list. They may be disposed afterwards.</param>
    /// <param name="options">Waiting and batching.</param>
    /// <param name="control">The word shared with the programs (see the remarks), or null. Stays the caller's; one reader per word.</param>
    /// <exception cref="ArgumentException">No shard, a map that is no ring buffer, or a map that is not loaded.</exception>
    /// <exception cref="BpfException">mmap or epoll failed.</exception>
    public RingbufReader(IReadOnlyList<BpfMap> shards, ReaderOptions options, MappedMemory? control)
    {
        ArgumentNullException.ThrowIfNull(shards);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfZero(shards.Count, nameof(shards));
        _gate = new ConsumerGate(_resources);
        _options = options;
        _control = control;
        _rings = new RingbufRing[shards.Count];
        try
        {
            _poll = _resources.Add(new EventPoll());
            uint smallest = uint.MaxValue;
            for (int i = 0; i < _rings.Length; i++)
            {
                _rings[i] = MapRing(shards[i]);
                smallest = Math.Min(smallest, shards[i].MaxEntries);
            }

            _wakeBytes = options.WakeBytes != 0 ? (uint)options.WakeBytes : smallest / 4;
        }
        catch
        {
            _resources.Dispose();
            throw;
        }
    }

    /// <summary>Reads until <see cref="Stop"/>, on the calling thread, which should be a dedicated and named one.</summary>
    /// <remarks>
    /// After Stop one last drain takes what the rings held at that moment, then the method returns; detach the programs
    /// before, and nothing is left behind. An exception of the handler ends the run and comes out here, after the room of
    /// what was read has been freed and the programs were told to wake again.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Another Run or DrainOnce is under way.</exception>
    /// <exception cref="InvalidDataException">A ring's content is corrupt.</exception>
    public void Run<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        using ConsumerGate.Turn turn = _gate.Enter();
        try
        {
            if (_control is null)
            {
                RunOnWakeUps(ref handler);
            }
            else
            {
                using HandleLease controlLease = new(_control);
                RunPolling(ref handler);
            }

            DrainWhatIsThere(ref handler);
        }
        finally
        {
            PublishAll();
        }
    }

    /// <summary>Makes <see cref="Run"/> return after a last drain. From any thread; final; does not wait. Idempotent.</summary>
    public void Stop() => _poll.Stop();

    /// <summary>One pass over all rings, without waiting: for callers that have a loop of their own, benchmarks and tests.</summary>
    /// <returns>Samples handed over.</returns>
    /// <exception cref="InvalidOperationException">Another Run or DrainOnce is under way.</exception>
    public int DrainOnce<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        using ConsumerGate.Turn turn = _gate.Enter();
        try
        {
            return Pass(ref handler).Samples;
        }
        finally
        {
            PublishAll();
        }
    }

    /// <inheritdoc/>
    public int RingCount => _rings.Length;

    /// <inheritdoc/>
    public bool TryReadFill(int ring, out RingFill fill) => RingFills.TryRead(_resources, _rings[ring], ring, out fill);

    /// <summary>Stops a run that is under way and unmaps the rings once it has ended. Idempotent.</summary>
    public void Dispose()
    {
        _poll.Stop();
        _resources.Dispose();
    }

    /// <summary>After an exception of the handler: frees the room of what it had been given.</summary>
    private void PublishAll()
    {
        foreach (RingbufRing ring in _rings)
        {
            ring.Publish();
        }
    }

    /// <summary>The kernel wakes us when it commits the very record at our published position, so: publish, look once more, sleep.</summary>
    private void RunOnWakeUps<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        while (!_poll.IsStopRequested)
        {
            if (Pass(ref handler).Bytes != 0)
            {
                continue;
            }

            // The pass published before it found nothing. StoreLoad: pairs with the xchg(&hdr->len) in bpf_ringbuf_commit,
            // after which it loads consumer_pos. Either it sees our position and wakes us, or we see its record.
            Interlocked.MemoryBarrier();
            if (Pass(ref handler).Bytes == 0)
            {
                _ = _poll.Wait(_options.SafetyNetMs);
            }
        }
    }

    private void RunPolling<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        Volatile.Write(ref _control!.Reference<uint>(WakeBytesOffset), _wakeBytes); // read before each submit; any order will do
        SetPolling(1);
        try
        {
            long lastDataMs = Environment.TickCount64;
            while (!_poll.IsStopRequested)
            {
                DrainResult result = Pass(ref handler);
                if (result.Bytes != 0)
                {
                    lastDataMs = Environment.TickCount64;
                }

                if (result.Bytes >= _options.MaxPassBytes)
                {
                    continue; // a ring may hold more than a pass takes
                }

                if (Environment.TickCount64 - lastDataMs < _options.IdleAfterMs)
                {
                    _ = _poll.Wait(_options.PollIntervalMs);
                }
                else
                {
                    SleepUntilData(ref handler);
                    lastDataMs = Environment.TickCount64;
                }
            }
        }
        finally
        {
            SetPolling(0);
        }
    }

    /// <summary>Returns, polling again, when a ring has something or Stop was called.</summary>
    private void SleepUntilData<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        SetPolling(0);

        // StoreLoad; pairs with the fully ordered atomic in the programs between reserving a record (which moves the
        // producer position) and reading `polling`. Either the program sees 0 and wakes us, or we see its reservation below.
        // A reservation that is still being written is enough: its program may have read 1 and will not wake anybody.
        Interlocked.MemoryBarrier();
        while (AllRingsEmpty() && !_poll.IsStopRequested && !_poll.Wait(_options.SafetyNetMs))
        {
            handler.OnBatchEnd();
        }

        SetPolling(1);
    }

    /// <summary>Takes all records that were reserved when it starts, also those still being written, within the limit of patience.</summary>
    private void DrainWhatIsThere<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        DrainGoal<RingbufRing> goal = new(_rings);
        long lastProgressMs = Environment.TickCount64;
        while (true)
        {
            DrainResult result = Pass(ref handler);
            if (goal.IsReached)
            {
                return;
            }

            if (result.Bytes != 0)
            {
                lastProgressMs = Environment.TickCount64;
            }
            else if (Environment.TickCount64 - lastProgressMs >= _options.LastDrainPatienceMs)
            {
                return; // a program lost its CPU while it wrote; it has counted its record as submitted, and it will be missing as read
            }
            else
            {
                Thread.Sleep(1);
            }
        }
    }

    private DrainResult Pass<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        int samples = 0;
        long bytes = 0;
        RingbufRing[] rings = _rings;
        for (int i = 0; i < rings.Length; i++)
        {
            DrainResult result = rings[i].Drain(i, ref handler);
            samples += result.Samples;
            bytes += result.Bytes;
        }

        handler.OnBatchEnd();
        return new DrainResult(samples, bytes);
    }

    private bool AllRingsEmpty()
    {
        foreach (RingbufRing ring in _rings)
        {
            if (!ring.IsEmpty)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Release; the partner is the programs' read of the word. Where order matters, the caller adds the barrier.</summary>
    private void SetPolling(uint value) => Volatile.Write(ref _control!.Reference<uint>(PollingOffset), value);

    private RingbufRing MapRing(BpfMap map)
    {
        int fd = map.Fd;
        if (map.Type != BpfMapType.RingBuffer || fd < 0)
        {
            throw new ArgumentException($"The map '{map.Name}' is no loaded ring buffer.", nameof(map));
        }

        uint size = map.MaxEntries;
        nuint page = (nuint)Environment.SystemPageSize;
        string subject = "ring buffer '" + map.Name + "'";
        MappedMemory consumer = _resources.Add(MappedMemory.Map(fd, page, writable: true, offset: 0, subject));
        MappedMemory producer = _resources.Add(MappedMemory.Map(fd, page + (2 * (nuint)size), writable: false, (long)page, subject));
        _poll.Add(fd, subject);

        // SAFETY: the kernel maps one page for each position and the data twice; _resources keeps both mappings while the
        // ring is in use.
        unsafe
        {
            return new RingbufRing(consumer.Pointer, producer.Pointer, producer.Pointer + page, size, _options.MaxPassBytes);
        }
    }
}
