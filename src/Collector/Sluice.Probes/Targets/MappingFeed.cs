// SPDX-License-Identifier: Apache-2.0
using System;
using System.Threading;
using Sluice.Bpf;

namespace Sluice.Probes.Targets;

/// <summary>Carries the kernel's reports of new executable mappings to a <see cref="TargetTracker"/>, on a thread of its own.</summary>
internal sealed class MappingFeed : IDisposable
{
    private readonly ExecutableMappingMonitor _monitor;
    private readonly TargetTracker _tracker;
    private readonly Action<Exception> _onFailed;
    private readonly Thread _thread;

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

    /// <summary>Stops the thread and the monitor.</summary>
    public void Dispose()
    {
        _monitor.Stop();
        _thread.Join();
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
            _onFailed(exception);
        }
    }
}
