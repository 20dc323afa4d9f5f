// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;

namespace Sluice.Bpf.Interop;

/// <summary>An epoll instance with an eventfd that any thread can stop it by. One thread waits.</summary>
internal sealed unsafe class EventPoll : IDisposable
{
    private const int MaxEvents = 16;

    /// <summary>struct epoll_event is packed on x86-64 (12 bytes) and aligned elsewhere (16); its content is of no interest here.</summary>
    private const int LargestEventBytes = 16;

    private readonly FileDescriptor _epoll;
    private readonly FileDescriptor _stop;
    private int _stopRequested;

    public EventPoll()
    {
        _epoll = new FileDescriptor((int)SysResult.FromLibc(Libc.epoll_create1(Libc.EPOLL_CLOEXEC)).ThrowOnError("epoll_create1", "a reader"));
        try
        {
            int stop = (int)SysResult.FromLibc(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK)).ThrowOnError("eventfd", "a reader");
            _stop = new FileDescriptor(stop);
            Add(stop, "the stop eventfd");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Acquire; pairs with the Interlocked.Exchange in <see cref="Stop"/>.</summary>
    public bool IsStopRequested => Volatile.Read(ref _stopRequested) != 0;

    /// <summary>
    /// Watches a ring, edge-triggered: a wake-up from the kernel counts, data that lies there does not. Level-triggered, a
    /// ring that fills while we pause would end every pause at once and turn polling into spinning.
    /// </summary>
    public void Add(int fd, string subject)
    {
        byte* epollEvent = stackalloc byte[LargestEventBytes];
        int result;

        // SAFETY: the buffer is as large as the largest layout of struct epoll_event; events is its first field everywhere.
        unsafe
        {
            new Span<byte>(epollEvent, LargestEventBytes).Clear();
            *(uint*)epollEvent = Libc.EPOLLIN | Libc.EPOLLET;
            result = Libc.epoll_ctl((int)_epoll.DangerousGetHandle(), Libc.EPOLL_CTL_ADD, fd, epollEvent);
        }

        _ = SysResult.FromLibc(result).ThrowOnError("epoll_ctl", subject);
    }

    /// <summary>Waits for a wake-up, <see cref="Stop"/> or the time limit; says whether it was woken. Which ring woke it does not matter: a pass visits all.</summary>
    public bool Wait(int timeoutMs)
    {
        SysResult result;

        // SAFETY: the buffer holds MaxEvents of the largest layout. The descriptor is open: the reader leases its resources.
        unsafe
        {
            byte* events = stackalloc byte[MaxEvents * LargestEventBytes];
            result = SysResult.FromLibc(Libc.epoll_wait((int)_epoll.DangerousGetHandle(), events, MaxEvents, timeoutMs));
        }

        if (result.Error == Errno.EINTR)
        {
            // Not retried with what is left of the time: the caller's loop looks at the rings and waits again.
            return false;
        }

        return result.ThrowOnError("epoll_wait", "a reader") > 0;
    }

    /// <summary>Makes this and every later <see cref="Wait"/> return soon. From any thread; idempotent; no effect after Dispose.</summary>
    public void Stop()
    {
        // Full barrier; pairs with the acquire in IsStopRequested: who is woken by the eventfd sees the request.
        if (Interlocked.Exchange(ref _stopRequested, 1) != 0 || _stop.IsClosed)
        {
            return;
        }

        ulong one = 1;

        // SAFETY: an eventfd takes exactly 8 bytes; the lease keeps the descriptor from being closed and reused meanwhile.
        unsafe
        {
            using HandleLease lease = new(_stop);
            _ = SysResult.FromLibc(Libc.write((int)lease.Value, &one, sizeof(ulong))).ThrowOnError("write", "the stop eventfd");
        }
    }

    public void Dispose()
    {
        _stop?.Dispose();
        _epoll.Dispose();
    }
}
