// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Sluice.Bpf.Interop;

/// <summary>Closes handles whose close waits in the kernel, side by side. Threads of its own: the pool would add one every half second.</summary>
internal static class HandleCloser
{
    // More would only queue at the kernel's own locks; each thread does little more than wait.
    private const int MaxThreads = 64;
    private const int StackBytes = 128 * 1024;

    private static readonly Lock s_gate = new();

    /// <summary>Guarded by <see cref="s_gate"/>.</summary>
    private static readonly List<Thread> s_behind = [];

    /// <summary>Returns when all are closed.</summary>
    public static void CloseTogether(SafeHandle[] handles)
    {
        foreach (Thread thread in Start(handles))
        {
            thread.Join();
        }
    }

    /// <summary>Returns at once.</summary>
    public static void CloseBehind(SafeHandle[] handles)
    {
        if (handles.Length == 0)
        {
            return;
        }

        List<Thread> started = Start(handles);
        lock (s_gate)
        {
            s_behind.RemoveAll(static thread => !thread.IsAlive);
            s_behind.AddRange(started);
        }
    }

    /// <summary>Waits for everything that <see cref="CloseBehind"/> was given so far; false when it is not closed in time.</summary>
    public static bool Wait(TimeSpan timeout)
    {
        Thread[] behind;
        lock (s_gate)
        {
            behind = [.. s_behind];
        }

        long started = Stopwatch.GetTimestamp();
        foreach (Thread thread in behind)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(started);
            if (!thread.Join(left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                return false;
            }
        }

        return true;
    }

    private static List<Thread> Start(SafeHandle[] handles)
    {
        int next = -1;
        List<Thread> threads = [];
        for (int i = 0; i < Math.Min(handles.Length, MaxThreads); i++)
        {
            // In the background: a close that hangs must not keep a process alive that was told to end.
            Thread thread = new(CloseNext, StackBytes) { Name = "sluice-detach", IsBackground = true };
            thread.Start();
            threads.Add(thread);
        }

        return threads;

        void CloseNext()
        {
            // Pairs with itself on the other threads: each handle is taken by one of them.
            for (int i = Interlocked.Increment(ref next); i < handles.Length; i = Interlocked.Increment(ref next))
            {
                handles[i].Dispose();
            }
        }
    }
}
