// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Probes.Targets;

namespace Sluice.Probes.OpenSsl;

/// <summary>The libraries that the module <c>tls</c> has probes on.</summary>
/// <remarks>
/// The probes of targets that appear later are made on the tracker's thread; everything else happens on the host's. A tracker that hangs in
/// a file system outlives <see cref="Stop"/>, so the probes have a lock.
/// </remarks>
internal sealed class OpenSslTargets : ModuleTargets
{
    private readonly BpfSession _session;
    private readonly OpenSslPrograms _programs;
    private readonly CaptureOptions _options;
    private readonly ILogger _logger;
    private readonly LayoutTable _layouts;
    private readonly Dictionary<FileKey, TargetProbes> _probes = [];

    // Guards the probes. That nothing is attached behind a detach, the session sees to.
    private readonly Lock _gate = new();
    private TargetTracker? _tracker;
    private MappingFeed? _feed;

    /// <param name="session">Loaded.</param>
    /// <param name="programs">Those of it that were loaded for the libraries.</param>
    /// <param name="options">Names the libraries and processes.</param>
    /// <param name="logger">Told which are tapped and which cannot be.</param>
    public OpenSslTargets(BpfSession session, OpenSslPrograms programs, CaptureOptions options, ILogger logger)
    {
        _session = session;
        _programs = programs;
        _options = options;
        _logger = logger;
        programs.Link(session);
        _layouts = new LayoutTable(session.Map("tls_layouts"), programs.HasCookies);
    }

    /// <inheritdoc/>
    public override int? Attach(Action<Exception> onFailed)
    {
        var selection = new TargetSelection { LibraryPaths = _options.LibraryPaths, Pids = _options.FiltersMayChange ? [] : _options.Pids };
        ExecutableMappingMonitor? monitor = TryWatchMappings();
        _tracker = new TargetTracker(new TargetDiscovery(selection), new TargetTrackerOptions { HasMappingEvents = monitor is not null });
        _tracker.Added += target => AttachTarget(target, isNamedByUser: false);
        _tracker.Removed += RemoveTarget;
        _tracker.Failed += onFailed;
        if (monitor is not null)
        {
            _feed = MappingFeed.Start(monitor, _tracker, onFailed);
        }

        _tracker.Start(target => AttachTarget(target, isNamedByUser: _options.LibraryPaths.Count > 0));

        lock (_gate)
        {
            return _probes.Count;
        }
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        _feed?.Dispose();
        _tracker?.Dispose();
    }

    private ExecutableMappingMonitor? TryWatchMappings()
    {
        try
        {
            return new ExecutableMappingMonitor();
        }
        catch (BpfException refused)
        {
            OpenSslLog.MonitorUnavailable(_logger, refused.Message);
            return null;
        }
    }

    private void AttachTarget(TlsTarget target, bool isNamedByUser)
    {
        try
        {
            lock (_gate)
            {
                if (!_session.IsDetached)
                {
                    AttachLocked(target);
                }
            }
        }
        catch (BpfException refused) when (!isNamedByUser)
        {
            OpenSslLog.TargetRefused(_logger, target.ToString(), refused.Message);
            _tracker!.Retry(target);
        }
    }

    private void AttachLocked(TlsTarget target)
    {
        uint row = _layouts.RowFor(target.Identity, target.Layout);
        TargetProbes probes = TargetProbes.Attach(_session, _programs, target, row);
        _probes.Add(target.Key, probes);
        OpenSslLog.TargetAttached(_logger, target.ToString(), string.Join(", ", target.Symbols.Points.Select(p => p.Name)));
        foreach (string refusal in probes.Refused)
        {
            OpenSslLog.FunctionRefused(_logger, target.ToString(), refusal);
        }
    }

    private void RemoveTarget(TlsTarget target)
    {
        lock (_gate)
        {
            if (_probes.Remove(target.Key, out TargetProbes? probes))
            {
                probes.Dispose();
                OpenSslLog.TargetRemoved(_logger, target.ToString());
            }
        }
    }
}
