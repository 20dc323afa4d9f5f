// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using Sluice.Bpf;
using Sluice.Bpf.Engine;

namespace Sluice.Probes;

/// <summary>
/// The filters of one module by process, user and cgroup, in the kernel (bpf/include/process.h). Those that nobody asked for are compiled away, unless they may
/// change later (<see cref="CaptureOptions.FiltersMayChange"/>). Not thread-safe.
/// </summary>
internal sealed class KernelFilters : IDisposable
{
    /// <summary>SLUICE_MAX_CGROUPS in bpf/include/maps.h.</summary>
    public const int MaxCgroups = 64;

    // Of filters that may change: the sizes of maps are fixed when they are made, and old and new entries are in them together for a moment.
    private const int MaxChangeableEntries = 8192;

    private const int E2BIG = 7;

    /// <summary>For programs that cannot ask the map of cgroups: their ids. Of some objects only.</summary>
    private const string CgroupIds = "udp_cgroups";

    private const byte Present = 1;

    private readonly bool _mayChange;
    private CaptureOptions _current;
    private BpfSession? _session;

    /// <summary>What the maps hold of <see cref="_current"/>'s cgroups: of a path that was made anew since, still the old one.</summary>
    private SelectedCgroup[] _cgroups = [];

    /// <exception cref="ArgumentOutOfRangeException">More cgroups than the kernel side takes.</exception>
    public KernelFilters(CaptureOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CgroupPaths.Count, MaxCgroups, nameof(options));
        _mayChange = options.FiltersMayChange;
        _current = options;
    }

    /// <summary>The sizes of the maps.</summary>
    public IReadOnlyList<MapEdit> MapEdits =>
    [
        new("pid_filter") { MaxEntries = Entries(_current.Pids.Count) },
        new("uid_filter") { MaxEntries = Entries(_current.Uids.Count) },
    ];

    /// <summary>Says in the constant <c>config</c> which filters are compiled in.</summary>
    public void CompileIn(ref ProgramConfig config)
    {
        config.PidFilter = _mayChange || _current.Pids.Count > 0 ? 1u : 0u;
        config.UidFilter = _mayChange || _current.Uids.Count > 0 ? 1u : 0u;
        config.CgroupFilter = _mayChange || _current.CgroupPaths.Count > 0 ? 1u : 0u;
    }

    /// <summary>Fills the maps of a loaded session of which nothing is attached yet.</summary>
    /// <exception cref="BpfException">The kernel refused, or a cgroup does not exist.</exception>
    public void Fill(BpfSession session)
    {
        _session = session;
        _cgroups = SelectedCgroup.OpenAll(_current.CgroupPaths);
        AddEntries(session, _current, _cgroups);
        PutCgroups(session, _cgroups, first: 0);
        Write(session, StateOf(_current));
    }

    /// <summary>
    /// Puts other filters in the place of those, while programs run: whoever passes both the old and the new ones is captured all the time.
    /// </summary>
    /// <exception cref="BpfException">They do not fit, a cgroup does not exist, or the kernel refused. The old ones hold on.</exception>
    public void Replace(CaptureOptions wanted)
    {
        BpfSession session = _session ?? throw new InvalidOperationException("The module is not loaded.");
        if (!_mayChange)
        {
            throw new InvalidOperationException("The filters were compiled for one use.");
        }

        ThrowIfTooMany(wanted);

        // Before anything is written: a cgroup that is not there is the likeliest mistake.
        SelectedCgroup[] cgroups = SelectedCgroup.OpenAll(wanted.CgroupPaths);
        try
        {
            Exchange(session, wanted, cgroups);
        }
        catch
        {
            Undo(session, wanted, cgroups);
            SelectedCgroup.CloseAll(cgroups);
            throw;
        }

        RemoveEntries(session, gone: (_current, _cgroups), staying: (wanted, cgroups));
        SelectedCgroup.CloseAll(_cgroups);
        _current = wanted;
        _cgroups = cgroups;
    }

    /// <summary>Closes the cgroups; the maps are the session's.</summary>
    public void Dispose()
    {
        SelectedCgroup.CloseAll(_cgroups);
        _cgroups = [];
    }

    /// <summary>First wider than both, then as wanted; entries that nobody looks for any more are still there.</summary>
    private void Exchange(BpfSession session, CaptureOptions wanted, SelectedCgroup[] cgroups)
    {
        AddEntries(session, wanted, cgroups);
        PutCgroups(session, cgroups, first: _cgroups.Length);
        Write(session, Union(StateOf(_current), StateOf(wanted)));
        if (_cgroups.Length != 0)
        {
            PutCgroups(session, cgroups, first: 0);
        }

        Write(session, StateOf(wanted));
    }

    /// <summary>Back to what held before, from what is kept of it and not from paths, which may lead elsewhere by now.</summary>
    private void Undo(BpfSession session, CaptureOptions wanted, SelectedCgroup[] cgroups)
    {
        try
        {
            PutCgroups(session, _cgroups, first: 0);
            Write(session, StateOf(_current));
            RemoveEntries(session, gone: (wanted, cgroups), staying: (_current, _cgroups));
        }
        catch (BpfException)
        {
            // The kernel has just refused a change to these maps. The failure that is on its way says why.
        }
    }

    private static FilterState StateOf(CaptureOptions options) => new()
    {
        PidFilter = options.Pids.Count > 0 ? 1u : 0u,
        UidFilter = options.Uids.Count > 0 ? 1u : 0u,
        CgroupFilter = (uint)options.CgroupPaths.Count,
    };

    /// <summary>A filter that is not in use lets everybody pass, so it is the wider one.</summary>
    private static FilterState Union(FilterState old, FilterState wanted) => new()
    {
        PidFilter = old.PidFilter & wanted.PidFilter,
        UidFilter = old.UidFilter & wanted.UidFilter,
        CgroupFilter = old.CgroupFilter == 0 || wanted.CgroupFilter == 0 ? 0 : old.CgroupFilter + wanted.CgroupFilter,
    };

    private static void Write(BpfSession session, FilterState state) => session.Map("filters").Update(0u, state);

    private static void AddEntries(BpfSession session, CaptureOptions options, SelectedCgroup[] cgroups)
    {
        foreach (int pid in options.Pids)
        {
            session.Map("pid_filter").Update((uint)pid, Present);
        }

        foreach (uint uid in options.Uids)
        {
            session.Map("uid_filter").Update(uid, Present);
        }

        foreach (SelectedCgroup cgroup in session.HasMap(CgroupIds) ? cgroups : [])
        {
            session.Map(CgroupIds).Update(cgroup.Id, Present);
        }
    }

    private static void RemoveEntries(
        BpfSession session, (CaptureOptions Options, SelectedCgroup[] Cgroups) gone, (CaptureOptions Options, SelectedCgroup[] Cgroups) staying)
    {
        foreach (int pid in gone.Options.Pids.Except(staying.Options.Pids))
        {
            session.Map("pid_filter").Delete((uint)pid);
        }

        foreach (uint uid in gone.Options.Uids.Except(staying.Options.Uids))
        {
            session.Map("uid_filter").Delete(uid);
        }

        if (session.HasMap(CgroupIds))
        {
            foreach (ulong id in gone.Cgroups.Select(static cgroup => cgroup.Id).Except(staying.Cgroups.Select(static cgroup => cgroup.Id)))
            {
                session.Map(CgroupIds).Delete(id);
            }
        }
    }

    private static void PutCgroups(BpfSession session, SelectedCgroup[] cgroups, int first)
    {
        for (int i = 0; i < cgroups.Length; i++)
        {
            session.Map("cgroup_filter").Update((uint)(first + i), cgroups[i].Fd);
        }
    }

    private void ThrowIfTooMany(CaptureOptions wanted)
    {
        if (_current.Pids.Union(wanted.Pids).Count() > MaxChangeableEntries
            || _current.Uids.Union(wanted.Uids).Count() > MaxChangeableEntries
            || _current.CgroupPaths.Count + wanted.CgroupPaths.Count > MaxCgroups)
        {
            throw new BpfException(
                "bpf_map_update_elem", E2BIG, $"Old and new filters together must not be more than {MaxChangeableEntries} processes, as many users and {MaxCgroups} cgroups.");
        }
    }

    private uint Entries(int count) => (uint)Math.Max(_mayChange ? MaxChangeableEntries : 1, count);
}
