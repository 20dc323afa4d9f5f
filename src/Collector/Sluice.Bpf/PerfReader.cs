// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Numerics;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Reads a perf event array: one buffer for each CPU that is online now, all on one thread (Linux 4.4). A watermark wakes it
/// when a buffer fills; below that it looks by itself, every few milliseconds while data flows, seldom when not.
/// </summary>
/// <remarks>
/// A CPU that comes online later has no buffer; the programs' output there fails, for them to count. The kernel tells of a
/// loss with the next record that fits, so a loss at the very end shows only in the programs' own counters.
/// </remarks>
public sealed unsafe class PerfReader : IRingGauge, IDisposable
{
    private readonly ResourceGroup _resources = new();
    private readonly ConsumerGate _gate;
    private readonly ReaderOptions _options;
    private readonly EventPoll _poll;
    private readonly int[] _cpus;
    private readonly PerfRing[] _rings;
    private readonly byte[] _wrapped = new byte[PerfRing.MaxRecordBytes];

    /// <summary>Opens and maps one buffer for each online CPU and puts it into the map; programs can write from then on.</summary>
    /// <param name="perfArray">A loaded map of type <see cref="BpfMapType.PerfEventArray"/>.</param>
    /// <param name="pagesPerCpu">Data pages of each buffer; a power of two.</param>
    /// <param name="options">Waiting and batching.</param>
    /// <exception cref="ArgumentException">Not a loaded perf event array, or a size that is no power of two.</exception>
    /// <exception cref="BpfException">perf_event_open or mmap failed; EPERM from mmap: more locked memory than RLIMIT_MEMLOCK and perf_event_mlock_kb allow.</exception>
    public PerfReader(BpfMap perfArray, int pagesPerCpu, ReaderOptions options)
    {
        ArgumentNullException.ThrowIfNull(perfArray);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (pagesPerCpu < 1 || !BitOperations.IsPow2(pagesPerCpu))
        {
            throw new ArgumentOutOfRangeException(nameof(pagesPerCpu), pagesPerCpu, "A perf buffer has a power of two of pages.");
        }

        if (perfArray.Type != BpfMapType.PerfEventArray || perfArray.Fd < 0)
        {
            throw new ArgumentException($"The map '{perfArray.Name}' is no loaded perf event array.", nameof(perfArray));
        }

        _gate = new ConsumerGate(_resources);
        _options = options;
        _cpus = CpuList.ReadOnline();
        _rings = new PerfRing[_cpus.Length];
        try
        {
            _poll = _resources.Add(new EventPoll());
            for (int i = 0; i < _cpus.Length; i++)
            {
                _rings[i] = OpenRing(perfArray, _cpus[i], pagesPerCpu);
            }
        }
        catch
        {
            _resources.Dispose();
            throw;
        }
    }

    /// <summary>Reads until <see cref="Stop"/>, on the calling thread, which should be a dedicated and named one.</summary>
    /// <remarks>
    /// After Stop one last drain takes what the buffers held at that moment, then the method returns; detach the programs
    /// before, and nothing is left behind. An exception of the handler ends the run and comes out here.
    /// </remarks>
    /// <exception cref="InvalidOperationException">Another Run or DrainOnce is under way.</exception>
    /// <exception cref="InvalidDataException">A buffer's content is corrupt.</exception>
    public void Run<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        using ConsumerGate.Turn turn = _gate.Enter();
        try
        {
            int pauseMs = _options.PollIntervalMs;
            while (!_poll.IsStopRequested)
            {
                DrainResult result = Pass(ref handler);
                if (result.Bytes >= _options.MaxPassBytes)
                {
                    continue; // a buffer may hold more than a pass takes
                }

                // Doubling: a pause in the traffic shorter than the longest pause costs a few looks, no latency.
                pauseMs = result.Bytes != 0 ? _options.PollIntervalMs : Math.Min(pauseMs * 2, _options.IdlePollMs);
                _ = _poll.Wait(pauseMs);
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

    /// <summary>One pass over all buffers, without waiting: for callers that have a loop of their own, benchmarks and tests.</summary>
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
    public bool TryReadFill(int ring, out RingFill fill) => RingFills.TryRead(_resources, _rings[ring], _cpus[ring], out fill);

    /// <summary>Stops a run that is under way, and unmaps and closes the buffers once it has ended. Idempotent.</summary>
    public void Dispose()
    {
        _poll.Stop();
        _resources.Dispose();
    }

    /// <summary>After an exception of the handler: frees the room of what it had been given.</summary>
    private void PublishAll()
    {
        foreach (PerfRing ring in _rings)
        {
            ring.Publish();
        }
    }

    /// <summary>A perf record is published whole, so nothing needs patience: the buffers' heads as of now are reached in a few passes.</summary>
    private void DrainWhatIsThere<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        DrainGoal<PerfRing> goal = new(_rings);
        do
        {
            _ = Pass(ref handler);
        }
        while (!goal.IsReached);
    }

    private DrainResult Pass<THandler>(ref THandler handler)
        where THandler : struct, ISampleHandler
    {
        int samples = 0;
        long bytes = 0;
        for (int i = 0; i < _rings.Length; i++)
        {
            DrainResult result = _rings[i].Drain(_cpus[i], ref handler);
            samples += result.Samples;
            bytes += result.Bytes;
        }

        handler.OnBatchEnd();
        return new DrainResult(samples, bytes);
    }

    private PerfRing OpenRing(BpfMap perfArray, int cpu, int pagesPerCpu)
    {
        uint page = (uint)Environment.SystemPageSize;
        uint size = checked((uint)pagesPerCpu * page);
        PerfEventAttr attr = new()
        {
            type = PerfEventAttr.PERF_TYPE_SOFTWARE,
            size = PerfEventAttr.SizeInBytes,
            config = PerfEventAttr.PERF_COUNT_SW_BPF_OUTPUT,
            sample_period = 1,
            sample_type = PerfEventAttr.PERF_SAMPLE_RAW,
            flags = PerfEventAttr.FLAG_WATERMARK,
            wakeup_events_or_watermark = _options.WakeBytes != 0 ? (uint)_options.WakeBytes : size / 4,
        };
        string subject = string.Create(CultureInfo.InvariantCulture, $"the perf buffer of CPU {cpu}");
        PerfBuffer buffer = _resources.Add(PerfBuffer.Open(attr, cpu, size, subject));
        perfArray.Update(cpu, buffer.Fd);
        _poll.Add(buffer.Fd, subject);

        // SAFETY: the mapping has one metadata page and size bytes of data, and lives in _resources while the ring is in use.
        unsafe
        {
            byte* start = buffer.Memory.Pointer;
            return new PerfRing(start, start + page, size, _options.MaxPassBytes, _wrapped);
        }
    }
}
