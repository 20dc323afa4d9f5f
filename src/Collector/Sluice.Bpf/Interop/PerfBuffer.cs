// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Bpf.Interop;

/// <summary>Owns one perf event of one CPU, all processes, and the mapping of its buffer.</summary>
internal sealed unsafe class PerfBuffer : IDisposable
{
    private const int AllProcesses = -1;
    private const int NoGroup = -1;

    private readonly FileDescriptor _event;

    private PerfBuffer(FileDescriptor perfEvent, MappedMemory memory)
    {
        _event = perfEvent;
        Memory = memory;
    }

    public int Fd => _event.Value;

    public MappedMemory Memory { get; }

    /// <summary>Opens, maps and enables, in that order: no record before there is room for it.</summary>
    public static PerfBuffer Open(PerfEventAttr attr, int cpu, uint dataBytes, string subject)
    {
        int fd = Libc.PerfEventOpen(&attr, AllProcesses, cpu, NoGroup, PerfEventAttr.PERF_FLAG_FD_CLOEXEC);
        FileDescriptor perfEvent = new((int)SysResult.FromLibc(fd).ThrowOnError("perf_event_open", subject));
        MappedMemory? memory = null;
        try
        {
            nuint length = dataBytes + (nuint)Environment.SystemPageSize;
            memory = MappedMemory.Map(fd, length, writable: true, offset: 0, subject);
            _ = SysResult.FromLibc(Libc.ioctl(fd, PerfEventAttr.PERF_EVENT_IOC_ENABLE, 0)).ThrowOnError("ioctl(PERF_EVENT_IOC_ENABLE)", subject);
            return new PerfBuffer(perfEvent, memory);
        }
        catch
        {
            memory?.Dispose();
            perfEvent.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Memory.Dispose();
        _event.Dispose();
    }
}
