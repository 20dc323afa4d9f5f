// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>An attachment of a program. It lives until it is disposed, also after its <see cref="BpfObject"/> was. Thread-safe.</summary>
public sealed class BpfLink : IDisposable
{
    /// <summary>Closing this one takes the program out.</summary>
    private readonly SafeHandle _program;

    /// <summary>What the program hung on, when that is a thing of its own (a perf event); closing it may wait for the kernel.</summary>
    private readonly SafeHandle? _event;

    internal BpfLink(nint link) => _program = new LinkHandle(link);

    /// <summary>A link that libbpf knows nothing of: closing its handle detaches.</summary>
    internal BpfLink(SafeHandle program, SafeHandle? perfEvent = null)
    {
        _program = program;
        _event = perfEvent;
    }

    /// <summary>
    /// Disposes many at once. The kernel makes the one who takes a probe out wait for its grace periods, some 20 to 100 ms each: together
    /// they wait for the same ones.
    /// </summary>
    /// <returns>When every program is out and no run of one is under way. What remains of slow probes is closed by threads that go on behind.</returns>
    /// <exception cref="ArgumentNullException">There is no collection.</exception>
    public static void DisposeAll(IEnumerable<BpfLink> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        BpfLink[] all = [.. links];
        if (all.Length == 0)
        {
            return;
        }

        HandleCloser.CloseTogether([.. all.Select(static link => link._program)]);
        HandleCloser.CloseBehind([.. all.Select(static link => link._event).OfType<SafeHandle>()]);

        // Raw tracepoints and perf events let go of a program without waiting for those inside it.
        Libc.TryWaitForGracePeriod();
    }

    /// <summary>
    /// Waits until what <see cref="DisposeAll"/> left to its threads is closed: before Linux 6.6 the kernel takes uprobes out one after the other.
    /// </summary>
    /// <returns>False when that was not so in time.</returns>
    public static bool WaitForClosing(TimeSpan timeout) => HandleCloser.Wait(timeout);

    /// <summary>Detaches. Returns when the kernel has taken the probe out; a run of the program under way may still end after it. Idempotent.</summary>
    public void Dispose()
    {
        _program.Dispose();
        _event?.Dispose();
    }
}
