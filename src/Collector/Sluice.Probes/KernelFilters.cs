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
internal sealed class KernelFilters
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
        AddEntries(session, _current);
        PutCgroups(session, _current.CgroupPaths, first: 0);
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
        CaptureOptions old = _current;

        // First wider than both, then as wanted, and only then the entries go that nobody looks for any more.
        int cgroups = old.CgroupPaths.Count;
        AddEntries(session, wanted);
        PutCgroups(session, wanted.CgroupPaths, first: cgroups);
        Write(session, Union(StateOf(old), StateOf(wanted)));
        if (cgroups != 0)
        {
            PutCgroups(session, wanted.CgroupPaths, first: 0);
        }

        Write(session, StateOf(wanted));
        RemoveEntries(session, old, wanted);
        _current = wanted;
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

    private static void AddEntries(BpfSession session, CaptureOptions options)
    {
        foreach (int pid in options.Pids)
        {
            session.Map("pid_filter").Update((uint)pid, Present);
        }

        foreach (uint uid in options.Uids)
        {
            session.Map("uid_filter").Update(uid, Present);
        }

        foreach (ulong id in CgroupIdsOf(session, options))
        {
            session.Map(CgroupIds).Update(id, Present);
        }
    }

    private static void RemoveEntries(BpfSession session, CaptureOptions old, CaptureOptions wanted)
    {
        foreach (int pid in old.Pids.Except(wanted.Pids))
        {
            session.Map("pid_filter").Delete((uint)pid);
        }

        foreach (uint uid in old.Uids.Except(wanted.Uids))
        {
            session.Map("uid_filter").Delete(uid);
        }

        // A cgroup of the old ones may be gone by now; then nothing runs in it.
        foreach (ulong id in CgroupIdsOf(session, old, mayBeGone: true).Except(CgroupIdsOf(session, wanted)))
        {
            session.Map(CgroupIds).Delete(id);
        }
    }

    /// <summary>An id of cgroup v2 is the number of its directory's inode (on 64-bit machines, from Linux 5.5 on).</summary>
    private static IEnumerable<ulong> CgroupIdsOf(BpfSession session, CaptureOptions options, bool mayBeGone = false)
    {
        foreach (string path in session.HasMap(CgroupIds) ? options.CgroupPaths : [])
        {
            if (HostFile.TryGetStatus(path, out FileStatus status))
            {
                yield return status.Inode;
            }
            else if (!mayBeGone)
            {
                throw new BpfException("statx", 0, $"the cgroup {path} cannot be looked at.");
            }
        }
    }

    private static void PutCgroups(BpfSession session, IReadOnlyList<string> paths, int first)
    {
        for (int i = 0; i < paths.Count; i++)
        {
            using CgroupDirectory cgroup = CgroupDirectory.Open(paths[i]);
            session.Map("cgroup_filter").Update((uint)(first + i), cgroup.Fd);
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
