// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Numerics;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Tells of every file that a process on this host maps executable from now on: a program that starts, a library that is
/// loaded. Works through perf's side-band records, so it needs no BPF program (Linux 3.16, CAP_PERFMON).
/// </summary>
/// <remarks>
/// It watches from its construction on: construct it, then list the mappings that exist already, then <see cref="Run"/>, and
/// no mapping falls between. CPUs that come online later are not watched.
/// </remarks>
public sealed unsafe class ExecutableMappingMonitor : IDisposable
{
    /// <summary>Takes some 400 records per CPU, many program starts; the reader needs microseconds for each.</summary>
    private const int DefaultPagesPerCpu = 16;

    /// <summary>A wake-up comes with each record; this only bounds the harm of a missed one.</summary>
    private const int SafetyNetMs = 1000;

    private const int MaxPassBytes = 64 * 1024;

    private readonly ResourceGroup _resources = new();
    private readonly ConsumerGate _gate;
    private readonly EventPoll _poll;
    private readonly PerfRing[] _rings;
    private readonly byte[] _wrapped = new byte[PerfRing.MaxRecordBytes];

    /// <summary>Starts to watch.</summary>
    /// <param name="pagesPerCpu">Buffer of each CPU; a power of two.</param>
    /// <exception cref="BpfException">EPERM or EACCES: the privilege is missing.</exception>
    public ExecutableMappingMonitor(int pagesPerCpu = DefaultPagesPerCpu)
    {
        if (pagesPerCpu < 1 || !BitOperations.IsPow2(pagesPerCpu))
        {
            throw new ArgumentOutOfRangeException(nameof(pagesPerCpu), pagesPerCpu, "A perf buffer has a power of two of pages.");
        }

        _gate = new ConsumerGate(_resources);
        int[] cpus = CpuList.ReadOnline();
        _rings = new PerfRing[cpus.Length];
        try
        {
            _poll = _resources.Add(new EventPoll());
            for (int i = 0; i < cpus.Length; i++)
            {
                _rings[i] = OpenRing(cpus[i], pagesPerCpu);
            }
        }
        catch
        {
            _resources.Dispose();
            throw;
        }
    }

    /// <summary>Reports mappings until <see cref="Stop"/>, on the calling thread, which should be a dedicated and named one.</summary>
    /// <param name="onMapping">Called for each mapping, also when the same file is mapped again. An exception of it ends the run and comes out here.</param>
    /// <param name="onLost">Called with the number of records the kernel had no room for: list the mappings of all processes anew.</param>
    /// <exception cref="InvalidOperationException">Another Run is under way.</exception>
    public void Run(Action<ExecutableMapping> onMapping, Action<ulong>? onLost = null)
    {
        ArgumentNullException.ThrowIfNull(onMapping);

        using ConsumerGate.Turn turn = _gate.Enter();
        MappingRecords records = new(onMapping, onLost);
        while (!_poll.IsStopRequested)
        {
            if (!Pass(ref records))
            {
                _ = _poll.Wait(SafetyNetMs);
            }
        }
    }

    /// <summary>Makes <see cref="Run"/> return. From any thread; final; does not wait. Idempotent.</summary>
    public void Stop() => _poll.Stop();

    /// <summary>Stops a run that is under way and releases the buffers once it has ended. Idempotent.</summary>
    public void Dispose()
    {
        _poll.Stop();
        _resources.Dispose();
    }

    private bool Pass(ref MappingRecords records)
    {
        bool found = false;
        for (int i = 0; i < _rings.Length; i++)
        {
            found |= _rings[i].DrainRecords(i, ref records) != 0;
        }

        return found;
    }

    private PerfRing OpenRing(int cpu, int pagesPerCpu)
    {
        uint page = (uint)Environment.SystemPageSize;
        uint size = checked((uint)pagesPerCpu * page);
        PerfEventAttr attr = new()
        {
            type = PerfEventAttr.PERF_TYPE_SOFTWARE,
            size = PerfEventAttr.SizeInBytes,
            config = PerfEventAttr.PERF_COUNT_SW_DUMMY,

            // `mmap` without `mmap_data` reports executable mappings only; `mmap2` adds device and inode.
            flags = PerfEventAttr.FLAG_MMAP | PerfEventAttr.FLAG_MMAP2 | PerfEventAttr.FLAG_WATERMARK,

            // One byte: every record wakes. wakeup_events would count samples, of which a dummy event has none.
            wakeup_events_or_watermark = 1,
        };
        string subject = string.Create(CultureInfo.InvariantCulture, $"the mapping events of CPU {cpu}");
        PerfBuffer buffer = _resources.Add(PerfBuffer.Open(attr, cpu, size, subject));
        _poll.Add(buffer.Fd, subject);

        // SAFETY: the mapping has one metadata page and size bytes of data, and lives in _resources while the ring is in use.
        unsafe
        {
            byte* start = buffer.Memory.Pointer;
            return new PerfRing(start, start + page, size, MaxPassBytes, _wrapped);
        }
    }
}
