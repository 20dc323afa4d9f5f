// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;

namespace Sluice.Probes.Targets;

/// <summary>
/// Follows which TLS libraries are in use: a first scan, then mapping events as they come and a full scan from time to time.
/// </summary>
/// <remarks>
/// <see cref="Added"/>, <see cref="Removed"/> and <see cref="Failed"/> are raised on the tracker's own thread, one at a time, only after <see cref="Start(Action{TlsTarget})"/>
/// was called and never after <see cref="Dispose"/> has returned. Handlers may block (attaching does); what happens meanwhile waits.
/// </remarks>
public sealed class TargetTracker : IDisposable
{
    // Mapping events that may wait while a handler attaches (some 100 bytes each). When more come they are dropped and a full scan makes up for them.
    private const int MaxWaitingEvents = 4096;

    private readonly TargetDiscovery _discovery;
    private readonly TargetTrackerOptions _options;

    // Touched by Start before the thread exists, by the thread while it runs and by Dispose after it has ended.
    private readonly Dictionary<FileKey, TrackedTarget> _tracked = [];
    private long _lastScan;

    // Guards the five fields below. Nothing is called with it held.
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private List<MappingEvent> _waiting = [];
    private List<TlsTarget> _toRetry = [];
    private bool _eventsDropped;
    private bool _stopping;
    private Thread? _thread;

    /// <param name="discovery">Used by this tracker alone from now on, and disposed with it.</param>
    /// <param name="options">How closely to follow.</param>
    public TargetTracker(TargetDiscovery discovery, TargetTrackerOptions options)
    {
        ArgumentNullException.ThrowIfNull(discovery);
        ArgumentNullException.ThrowIfNull(options);
        _discovery = discovery;
        _options = options;
    }

    /// <summary>A file came into use. The handler attaches; an exception from it ends the tracker with <see cref="Failed"/>.</summary>
    public event Action<TlsTarget>? Added;

    /// <summary>
    /// No process has mapped the file for <see cref="TargetTrackerOptions.RemovalGrace"/>, and it is none that is kept in readiness.
    /// The target is disposed when the handlers have returned.
    /// </summary>
    public event Action<TlsTarget>? Removed;

    /// <summary>The tracker has ended by an error: libraries that appear from now on are not noticed.</summary>
    public event Action<Exception>? Failed;

    /// <summary>
    /// Scans once on the calling thread, then goes on in the background. Call it once. To miss nothing, let mapping events flow before: they wait.
    /// </summary>
    /// <param name="onExisting">
    /// Called on the calling thread for each target that exists now, before the background thread begins, so that nothing else is raised meanwhile.
    /// </param>
    /// <exception cref="TargetException">A library or process that the user named cannot be used.</exception>
    public void Start(Action<TlsTarget> onExisting)
    {
        ArgumentNullException.ThrowIfNull(onExisting);
        if (_thread is not null)
        {
            throw new InvalidOperationException("The tracker was started before.");
        }

        ScanAndMerge(onExisting);
        _thread = new Thread(Run) { IsBackground = true, Name = "sluice-targets" };
        _thread.Start();
    }

    /// <summary>Reports a new executable file mapping of any process. Does not block; callable from any thread, also before <see cref="Start(Action{TlsTarget})"/>.</summary>
    /// <param name="pid">Process that mapped it.</param>
    /// <param name="major">Device of the file as the kernel's mmap record (or <c>/proc/PID/maps</c>) has it.</param>
    /// <param name="minor">The same.</param>
    /// <param name="inode">Inode number; 0 (no file) is ignored.</param>
    /// <param name="path">Path as the process sees it.</param>
    public void OnMapping(int pid, uint major, uint minor, ulong inode, string path)
    {
        if (inode == 0 || !_discovery.Wants(pid))
        {
            return;
        }

        lock (_gate)
        {
            if (_waiting.Count < MaxWaitingEvents)
            {
                _waiting.Add(new MappingEvent(pid, major, minor, inode, path));
            }
            else
            {
                _eventsDropped = true;
            }
        }

        _work.Set();
    }

    /// <summary>
    /// Gives a target back that could not be attached to: it is disposed and, if it is still there at the next full scan, added anew.
    /// Callable from any thread, handlers included.
    /// </summary>
    public void Retry(TlsTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_gate)
        {
            _toRetry.Add(target);
        }

        _work.Set();
    }

    /// <summary>Stops the thread (waiting for a handler that runs), then disposes the discovery and every target. Idempotent; not from a handler.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
        }

        _work.Set();
        _thread?.Join();
        foreach (TrackedTarget tracked in _tracked.Values)
        {
            tracked.Target.Dispose();
        }

        _discovery.Dispose();
        _work.Dispose();
    }

    private void Run()
    {
        try
        {
            while (WaitForWork(out List<MappingEvent> mappings, out List<TlsTarget> toRetry, out bool scanIsDue))
            {
                toRetry.ForEach(Forget);
                foreach (MappingEvent mapping in mappings)
                {
                    OnNewMapping(in mapping);
                }

                if (scanIsDue)
                {
                    ScanAndMerge(target => Added?.Invoke(target));
                    RemoveUnused();
                }
            }
        }
        catch (Exception exception)
        {
            // Whatever it was, this thread ends here; the host must hear of it or the capture goes stale in silence.
            // While stopping, a handler that fails because its world is being taken down is no news.
            if (!IsStopping())
            {
                Failed?.Invoke(exception);
            }
        }
    }

    private bool IsStopping()
    {
        lock (_gate)
        {
            return _stopping;
        }
    }

    /// <summary>Blocks until there is something to do; false when it is time to stop.</summary>
    private bool WaitForWork(out List<MappingEvent> mappings, out List<TlsTarget> toRetry, out bool scanIsDue)
    {
        TimeSpan untilScan = _options.EffectiveRescanInterval - Stopwatch.GetElapsedTime(_lastScan);
        if (untilScan > TimeSpan.Zero)
        {
            _work.WaitOne(untilScan);
        }

        lock (_gate)
        {
            (mappings, _waiting) = (_waiting, []);
            (toRetry, _toRetry) = (_toRetry, []);
            scanIsDue = _eventsDropped || Stopwatch.GetElapsedTime(_lastScan) >= _options.EffectiveRescanInterval;
            _eventsDropped = false;
            return !_stopping;
        }
    }

    private void OnNewMapping(in MappingEvent mapping)
    {
        if (_discovery.Examine(in mapping) is { } target)
        {
            Merge(target, added => Added?.Invoke(added));
        }
    }

    private void ScanAndMerge(Action<TlsTarget> onNew)
    {
        TargetScan scan = _discovery.Scan();
        _lastScan = Stopwatch.GetTimestamp();
        foreach (FoundTarget found in scan.Found)
        {
            Merge(found.Target, onNew);
        }
    }

    private void Merge(TlsTarget target, Action<TlsTarget> onNew)
    {
        if (!_tracked.TryGetValue(target.Key, out TrackedTarget? tracked))
        {
            tracked = new TrackedTarget(target);
            _tracked.Add(target.Key, tracked);
            onNew(target);
        }

        tracked.LastUsed = Stopwatch.GetTimestamp();
    }

    private void RemoveUnused()
    {
        // A target that this very scan found was stamped after _lastScan, so only those it did not find can be old enough.
        TrackedTarget[] unused = [.. _tracked.Values.Where(tracked =>
            tracked.LastUsed < _lastScan && Stopwatch.GetElapsedTime(tracked.LastUsed) >= _options.RemovalGrace)];
        foreach (TrackedTarget tracked in unused)
        {
            Removed?.Invoke(tracked.Target);
            Forget(tracked.Target);
        }
    }

    private void Forget(TlsTarget target)
    {
        if (_tracked.TryGetValue(target.Key, out TrackedTarget? tracked) && ReferenceEquals(tracked.Target, target))
        {
            _tracked.Remove(target.Key);
            _discovery.Forget(target);
            target.Dispose();
        }
    }
}
