// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Bpf;

namespace Sluice.Probes.Targets;

/// <summary>Carries the kernel's reports of new executable mappings to a <see cref="TargetTracker"/>, on a thread of its own.</summary>
internal sealed class MappingFeed : IDisposable
{
    // The thread needs microseconds to end. Whatever holds it up, the capture has to stop: it is a background thread and left behind.
    private static readonly TimeSpan s_joinLimit = TimeSpan.FromSeconds(2);

    private readonly ExecutableMappingMonitor _monitor;
    private readonly TargetTracker _tracker;
    private readonly Action<Exception> _onFailed;
    private readonly Thread _thread;
    private bool _stopping;

    private MappingFeed(ExecutableMappingMonitor monitor, TargetTracker tracker, Action<Exception> onFailed)
    {
        _monitor = monitor;
        _tracker = tracker;
        _onFailed = onFailed;
        _thread = new Thread(Run) { IsBackground = true, Name = "sluice-mappings" };
    }

    /// <summary>Starts to carry. The monitor passes to the feed; it has been watching since it was made, so nothing mapped in between is missed.</summary>
    public static MappingFeed Start(ExecutableMappingMonitor monitor, TargetTracker tracker, Action<Exception> onFailed)
    {
        var feed = new MappingFeed(monitor, tracker, onFailed);
        feed._thread.Start();
        return feed;
    }

    /// <summary>Stops the thread and the monitor. Blocks for 2 s at most. Dispose the feed before its tracker.</summary>
    public void Dispose()
    {
        // Pairs with the read in Run: a failure that comes of the stopping is not reported.
        Volatile.Write(ref _stopping, true);
        _monitor.Stop();
        _thread.Join(s_joinLimit);

        // Takes effect when the thread is done, should it still be running.
        _monitor.Dispose();
    }

    private void Run()
    {
        try
        {
            // Lost records need no answer of their own: the tracker's regular scan finds what they told of.
            _monitor.Run(mapping => _tracker.OnMapping(mapping.Pid, mapping.Major, mapping.Minor, mapping.Inode, mapping.Path));
        }
        catch (Exception exception)
        {
            // Pairs with the write in Dispose.
            if (!Volatile.Read(ref _stopping))
            {
                _onFailed(exception);
            }
        }
    }
}
