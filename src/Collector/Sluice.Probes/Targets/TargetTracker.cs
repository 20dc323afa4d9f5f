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
/// was called and never after <see cref="Dispose"/> has returned. Handlers may block (attaching does); what happens meanwhile waits. Only a handler that has hung
/// (a dead network file system) may still be under way then: <see cref="Dispose"/> does not wait for it for ever.
/// </remarks>
public sealed class TargetTracker : IDisposable
{
    // Mapping events that may wait while a handler attaches (some 100 bytes each). When more come they are dropped and a full scan makes up for them.
    private const int MaxWaitingEvents = 4096;

    // Attaching to a library takes some 100 ms at most. A file system that does not answer must not keep a capture from stopping.
    private static readonly TimeSpan s_joinLimit = TimeSpan.FromSeconds(2);

    private readonly TargetDiscovery _discovery;
    private readonly TargetTrackerOptions _options;

    // Touched by Start before the thread exists, by the thread while it runs and by Dispose when there is no thread (any more).
    private readonly Dictionary<FileKey, TrackedTarget> _tracked = [];
    private long _lastScan;
    private TimeSpan _rescanInterval;

    // Guards the fields below; _work is set with it held, so never after it was disposed. No handler is called with it held.
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _work = new(initialState: false);
    private List<MappingEvent> _waiting = [];
    private List<TlsTarget> _toRetry = [];
    private bool _eventsDropped;
    private bool _stopping;
    private bool _threadEnded;
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
    /// No process has mapped the file for <see cref="TargetTrackerOptions.RemovalGrace"/>, and it is none that is kept in readiness; or the file was changed in place.
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

        // The first scan reads every file; what it cost says nothing of those to come.
        _rescanInterval = _options.RescanIntervalAfter(TimeSpan.Zero);
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
            if (_stopping)
            {
                return;
            }

            if (_waiting.Count < MaxWaitingEvents)
            {
                _waiting.Add(new MappingEvent(pid, major, minor, inode, path));
            }
            else
            {
                _eventsDropped = true;
            }

            _work.Set();
        }
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
            if (!_stopping)
            {
                _toRetry.Add(target);
                _work.Set();
            }
        }
    }

    /// <summary>
    /// Stops the thread and disposes the discovery and every target. Waits for a handler or a look at a file that is under way, 2 s at most; what takes longer has hung,
    /// and the thread disposes them should it ever come back. Idempotent; not from a handler.
    /// </summary>
    public void Dispose()
    {
        bool threadIsThere;
        lock (_gate)
        {
            if (_stopping)
            {
                return;
            }

            _stopping = true;
            threadIsThere = _thread is not null && !_threadEnded;
            _work.Set();
        }

        if (threadIsThere)
        {
            _thread!.Join(s_joinLimit);
        }
        else
        {
            Release();
        }
    }

    /// <summary>Called once: by the thread if it is there when the tracker is disposed, as only it knows when it is done, else by <see cref="Dispose"/>.</summary>
    private void Release()
    {
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
                    TimeSpan before = ThreadCpuTime.Read();
                    ScanAndMerge(RaiseAdded);
                    _rescanInterval = _options.RescanIntervalAfter(ThreadCpuTime.Read() - before);
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
        finally
        {
            EndThread();
        }
    }

    private void EndThread()
    {
        bool isDisposed;
        lock (_gate)
        {
            _threadEnded = true;
            isDisposed = _stopping;
        }

        if (isDisposed)
        {
            Release();
        }
    }

    private void RaiseAdded(TlsTarget target)
    {
        if (!IsStopping())
        {
            Added?.Invoke(target);
        }
    }

    private void RaiseRemoved(TlsTarget target)
    {
        if (!IsStopping())
        {
            Removed?.Invoke(target);
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
        TimeSpan untilScan = _rescanInterval - Stopwatch.GetElapsedTime(_lastScan);
        if (untilScan > TimeSpan.Zero)
        {
            _work.WaitOne(untilScan);
        }

        lock (_gate)
        {
            (mappings, _waiting) = (_waiting, []);
            (toRetry, _toRetry) = (_toRetry, []);
            scanIsDue = _eventsDropped || Stopwatch.GetElapsedTime(_lastScan) >= _rescanInterval;
            _eventsDropped = false;
            return !_stopping;
        }
    }

    private void OnNewMapping(in MappingEvent mapping)
    {
        TlsTarget? target = _discovery.Examine(in mapping);
        RemoveReplaced();
        if (target is not null)
        {
            Merge(target, RaiseAdded);
        }
    }

    private void ScanAndMerge(Action<TlsTarget> onNew)
    {
        TargetScan scan = _discovery.Scan();
        _lastScan = Stopwatch.GetTimestamp();
        RemoveReplaced();
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

    /// <summary>At once and before what took its place is added: probes at the old offsets may stop the program that runs the new code.</summary>
    private void RemoveReplaced()
    {
        foreach (TlsTarget target in _discovery.TakeReplaced())
        {
            if (_tracked.TryGetValue(target.Key, out TrackedTarget? tracked) && ReferenceEquals(tracked.Target, target))
            {
                RaiseRemoved(target);
                _tracked.Remove(target.Key);
            }

            target.Dispose();
        }
    }

    private void RemoveUnused()
    {
        // A target that this very scan found was stamped after _lastScan, so only those it did not find can be old enough.
        TrackedTarget[] unused = [.. _tracked.Values.Where(tracked =>
            tracked.LastUsed < _lastScan && Stopwatch.GetElapsedTime(tracked.LastUsed) >= _options.RemovalGrace)];
        foreach (TrackedTarget tracked in unused)
        {
            RaiseRemoved(tracked.Target);
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
