// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sluice.Bpf;
using Sluice.Probes.Elf;
using Sluice.Probes.Offsets;
using Sluice.Probes.Processes;

namespace Sluice.Probes.Targets;

/// <summary>
/// Finds the files of this host that have a TLS library in them: whatever any process maps executable, by the functions it defines, and what stands ready in the
/// standard places. Each inode is one target.
/// </summary>
/// <remarks>
/// Used by one thread at a time. Files are read once: a scan of a host that has not changed reads the mapping lists and nothing else.
/// Containers' files are reached through <c>/proc/PID/map_files</c> or <c>/proc/PID/root</c>; which files that covers depends on the privileges of this process
/// (CAP_SYS_PTRACE for other users' processes, CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE for deleted files).
/// </remarks>
public sealed class TargetDiscovery : IDisposable
{
    private readonly TargetSelection _selection;
    private readonly ProcFileSystem _proc;
    private readonly StandardPlaces _places;
    private readonly TargetInspector _inspector;
    private readonly Dictionary<MappingId, Verdict> _mappings = [];
    private readonly Dictionary<string, (FileStatus Status, Verdict Verdict)> _standing = new(StringComparer.Ordinal);
    private readonly Dictionary<FileKey, (TlsTarget Target, Verdict Verdict)> _targets = [];
    private readonly List<TlsTarget> _replaced = [];
    private readonly List<UnknownMapping> _unknown = [];
    private long _scans;

    /// <param name="selection">What to narrow the search to.</param>
    public TargetDiscovery(TargetSelection selection)
        : this(selection, new ProcFileSystem(), new StandardPlaces(searchPath: Environment.GetEnvironmentVariable("PATH")), TlsLayoutTable.BuiltIn)
    {
    }

    internal TargetDiscovery(TargetSelection selection, ProcFileSystem proc, StandardPlaces places, TlsLayoutTable layouts)
    {
        ArgumentNullException.ThrowIfNull(selection);
        _selection = selection;
        _proc = proc;
        _places = places;
        _inspector = new TargetInspector(layouts);
    }

    /// <summary>Looks at every process (or those selected) and the standard places (unless processes are selected). Blocks for some tens of ms.</summary>
    /// <returns>What is there now. A target that was found before is the same object again until it is forgotten.</returns>
    /// <exception cref="TargetException">
    /// A library that the user named cannot be used, or a process that the user named does not exist; only the first scan says so, as both may end later.
    /// </exception>
    public TargetScan Scan()
    {
        _scans++;
        TargetScan scan = _selection.LibraryPaths.Count > 0 ? ScanNamedLibraries() : ScanHost();
        ForgetStaleVerdicts();
        return scan;
    }

    /// <summary>Closes what is held open of targets. Idempotent.</summary>
    public void Dispose()
    {
        foreach ((TlsTarget target, _) in _targets.Values)
        {
            target.Dispose();
        }

        _replaced.ForEach(static target => target.Dispose());
        _replaced.Clear();
        _targets.Clear();
        _mappings.Clear();
        _standing.Clear();
    }

    /// <summary>Looks at one new mapping; cheap for files that were seen before.</summary>
    /// <returns>The target that the file is; null when it is none or is not selected.</returns>
    internal TlsTarget? Examine(in MappingEvent mapping)
    {
        if (!Wants(mapping.Pid))
        {
            return null;
        }

        MappingId id = MappingId.Of(mapping.Major, mapping.Minor, mapping.Inode, Encoding.UTF8.GetBytes(mapping.Path));
        if (_mappings.TryGetValue(id, out Verdict? verdict) && !IsOutdated(verdict, mapping.Pid, mapping.Path, mapping.Inode))
        {
            verdict.LastScan = _scans;
            return verdict.Target;
        }

        verdict = InspectMapping(in mapping);
        _mappings[id] = verdict;
        return verdict.Target;
    }

    /// <summary>Whether a new mapping of this process can bring a target: not when libraries are named, nor when other processes are. From any thread.</summary>
    internal bool Wants(int pid) => _selection.LibraryPaths.Count == 0 && (_selection.Pids.Count == 0 || _selection.Pids.Contains(pid));

    /// <summary>
    /// Hands over the targets whose files were changed in place, seldom any: they are forgotten and their offsets no longer hold. The caller disposes them. What is in the
    /// files now are other targets, which may have the same keys.
    /// </summary>
    internal IReadOnlyList<TlsTarget> TakeReplaced()
    {
        if (_replaced.Count == 0)
        {
            return [];
        }

        TlsTarget[] taken = [.. _replaced];
        _replaced.Clear();
        return taken;
    }

    /// <summary>Drops a target, so that the file is inspected anew and becomes a new target when it is seen again.</summary>
    internal void Forget(TlsTarget target)
    {
        // The key may belong to the target that took its place by now.
        if (_targets.TryGetValue(target.Key, out (TlsTarget Target, Verdict Verdict) current) && ReferenceEquals(current.Target, target))
        {
            _targets.Remove(target.Key);
        }

        foreach (MappingId id in _mappings.Where(pair => pair.Value.Target == target).Select(static pair => pair.Key).ToArray())
        {
            _mappings.Remove(id);
        }

        foreach (string path in _standing.Where(pair => pair.Value.Verdict.Target == target).Select(static pair => pair.Key).ToArray())
        {
            _standing.Remove(path);
        }
    }

    private TargetScan ScanNamedLibraries()
    {
        var found = new Dictionary<TlsTarget, FoundTarget>();
        foreach (string path in _selection.LibraryPaths)
        {
            if (InspectNamed(path) is { } target)
            {
                found[target] = new FoundTarget(target, 0, IsStanding: true);
            }
        }

        return new TargetScan([.. found.Values.Where(found => !_replaced.Contains(found.Target))], 0, 0);
    }

    private TargetScan ScanHost()
    {
        var processCounts = new Dictionary<TlsTarget, int>();
        int read = 0;
        int denied = 0;
        foreach (int pid in _selection.Pids.Count > 0 ? SelectedProcesses() : _proc.EnumerateProcesses())
        {
            switch (ScanProcess(pid, processCounts))
            {
                case MapsResult.Read: read++; break;
                case MapsResult.Denied: denied++; break;
                default: break;
            }
        }

        var found = processCounts.ToDictionary(static pair => pair.Key, static pair => new FoundTarget(pair.Key, pair.Value, IsStanding: false));
        if (_selection.Pids.Count == 0)
        {
            foreach (TlsTarget target in FindStanding())
            {
                found[target] = new FoundTarget(target, processCounts.GetValueOrDefault(target), IsStanding: true);
            }
        }

        // A file that changed during the scan was counted under its former target by the processes before.
        return new TargetScan([.. found.Values.Where(found => !_replaced.Contains(found.Target))], read, denied);
    }

    private IEnumerable<int> SelectedProcesses()
    {
        foreach (int pid in _selection.Pids)
        {
            int? group = _proc.ReadThreadGroup(pid);
            if (group == pid)
            {
                yield return pid;
            }
            else if (_scans == 1)
            {
                throw group is { } process
                    ? new TargetException(TargetError.NoSuchProcess, $"{pid} is a thread of process {process}, not a process. Use --pid {process}.")
                    : new TargetException(TargetError.NoSuchProcess, $"There is no process {pid}. Check the id with ps; it is the id that the host sees.");
            }
        }
    }

    private MapsResult ScanProcess(int pid, Dictionary<TlsTarget, int> processCounts)
    {
        _unknown.Clear();
        var mapped = new HashSet<TlsTarget>();
        MapsResult result = _proc.ReadMaps(pid, (in MapsLine line) =>
        {
            if (!line.IsExecutable || line.Inode == 0)
            {
                return;
            }

            MappingId id = MappingId.Of(line.Major, line.Minor, line.Inode, line.RawPath);
            if (!_mappings.TryGetValue(id, out Verdict? verdict) || IsOutdatedTarget(verdict, pid, in line))
            {
                _mappings.Remove(id);
                _unknown.Add(new UnknownMapping(id, pid, _proc.MapFilesPath(pid, in line), line.DecodePath(), line.Inode, line.LooksDeleted));
                return;
            }

            verdict.LastScan = _scans;
            if (verdict.Target is not null)
            {
                mapped.Add(verdict.Target);
            }
        });

        if (result == MapsResult.Denied && _scans == 1 && _selection.Pids.Contains(pid))
        {
            throw new TargetException(
                TargetError.ProcessUnreadable,
                $"The mappings of process {pid} may not be read. It takes root or CAP_SYS_PTRACE; where that is held, a security module or a sandbox protects the process.");
        }

        foreach (UnknownMapping mapping in _unknown)
        {
            // Several mappings of one file were listed before the first was inspected.
            if (!_mappings.TryGetValue(mapping.Id, out Verdict? verdict))
            {
                verdict = Inspect(mapping);
                _mappings[mapping.Id] = verdict;
            }

            if (verdict.Target is not null)
            {
                mapped.Add(verdict.Target);
            }
        }

        foreach (TlsTarget target in mapped)
        {
            processCounts[target] = processCounts.GetValueOrDefault(target) + 1;
        }

        return result;
    }

    /// <summary>Inspects the file of an event. The process may be on its way already: then the path leads to the file, or the next process that maps it will.</summary>
    private Verdict InspectMapping(in MappingEvent mapping)
    {
        UnknownMapping? unknown = null;
        ulong inode = mapping.Inode;
        int pid = mapping.Pid;
        _proc.ReadMaps(pid, (in MapsLine line) =>
        {
            if (unknown is null && line.IsExecutable && line.Inode == inode)
            {
                unknown = new UnknownMapping(default, pid, _proc.MapFilesPath(pid, in line), line.DecodePath(), inode, line.LooksDeleted);
            }
        });
        return Inspect(unknown ?? new UnknownMapping(default, pid, null, mapping.Path, inode, LooksDeleted: false));
    }

    private Verdict Inspect(UnknownMapping mapping)
    {
        using var opened = new OpenedFile(OpenMapped(mapping));
        if (opened.File is null || !HostFile.TryGetStatus(opened.File, out FileStatus status))
        {
            return new Verdict(null, default) { LastScan = _scans };
        }

        string? hostPath = HostFile.TryGetStatus(mapping.Path, out FileStatus onHost) && IsSameFile(in onHost, in status) ? mapping.Path : null;
        string displayPath = hostPath ?? $"[pid {mapping.Pid}] {mapping.Path}{(mapping.LooksDeleted ? " (deleted)" : "")}";
        TlsTarget? target = TryMakeTarget(opened, in status, displayPath, soName => OpenNeeded(soName, mapping));
        return new Verdict(target, status) { LastScan = _scans };
    }

    /// <summary>Opens the very file that is mapped. The links by address are exact; a path is only believed when it leads to the same inode number.</summary>
    private SafeFileHandle? OpenMapped(UnknownMapping mapping)
    {
        if (mapping.MapFilesPath is not null && HostFile.TryOpen(mapping.MapFilesPath, out SafeFileHandle? file, out _))
        {
            return file;
        }

        return OpenIfInode(_proc.RootPath(mapping.Pid, mapping.Path), mapping.Inode) ?? OpenIfInode(mapping.Path, mapping.Inode);
    }

    private static SafeFileHandle? OpenIfInode(string path, ulong inode)
    {
        if (!HostFile.TryGetStatus(path, out FileStatus status) || !status.IsRegular || status.Inode != inode
            || !HostFile.TryOpen(path, out SafeFileHandle? file, out _))
        {
            return null;
        }

        // Between the look and the open the path may have come to mean another file.
        if (HostFile.TryGetStatus(file!, out status) && status.Inode == inode)
        {
            return file;
        }

        file!.Dispose();
        return null;
    }

    /// <summary>Finds the libcrypto that goes with a libssl: the one that the same process maps, else the one beside it.</summary>
    private SafeFileHandle? OpenNeeded(string soName, UnknownMapping mapping)
    {
        string? mapped = null;
        _proc.ReadMaps(mapping.Pid, (in MapsLine line) =>
        {
            if (mapped is null && line.Inode != 0 && Path.GetFileName(line.DecodePath()) == soName)
            {
                mapped = _proc.MapFilesPath(mapping.Pid, in line);
            }
        });
        if (mapped is not null && HostFile.TryOpen(mapped, out SafeFileHandle? file, out _))
        {
            return file;
        }

        string beside = Path.Combine(Path.GetDirectoryName(mapping.Path) ?? "/", soName);
        return OpenRegular(_proc.RootPath(mapping.Pid, beside)) ?? OpenNeededOnHost(soName, mapping.Path);
    }

    private SafeFileHandle? OpenNeededOnHost(string soName, string libraryPath)
    {
        string directory = Path.GetDirectoryName(Path.GetFullPath(libraryPath)) ?? "/";
        return _places.LibraryDirectories.Prepend(directory)
            .Select(place => OpenRegular(Path.Combine(place, soName)))
            .FirstOrDefault(static file => file is not null);
    }

    private static SafeFileHandle? OpenRegular(string path) =>
        HostFile.TryGetStatus(path, out FileStatus status) && status.IsRegular && HostFile.TryOpen(path, out SafeFileHandle? file, out _) ? file : null;

    private IEnumerable<TlsTarget> FindStanding()
    {
        foreach (string path in _places.EnumerateCandidates())
        {
            if (InspectStanding(path) is { } target)
            {
                yield return target;
            }
        }
    }

    private TlsTarget? InspectStanding(string path)
    {
        if (!HostFile.TryGetStatus(path, out FileStatus status) || !status.IsRegular)
        {
            return null;
        }

        if (!_standing.TryGetValue(path, out (FileStatus Status, Verdict Verdict) known) || known.Status != status)
        {
            using var opened = new OpenedFile(OpenRegular(path));

            // Asked of the open file: between the look and the open the path may have come to mean another one.
            TlsTarget? target = opened.File is not null && HostFile.TryGetStatus(opened.File, out status)
                ? TryMakeTarget(opened, in status, path, soName => OpenNeededOnHost(soName, path))
                : null;
            known = (status, new Verdict(target, status));
            _standing[path] = known;
        }

        known.Verdict.LastScan = _scans;
        return known.Verdict.Target;
    }

    private TlsTarget? InspectNamed(string path)
    {
        try
        {
            return InspectNamedStrictly(path);
        }
        catch (TargetException) when (_scans > 1)
        {
            // It was sound at the start: somebody is replacing it, and a later scan will see the new one.
            return null;
        }
    }

    private TlsTarget InspectNamedStrictly(string path)
    {
        string fullPath = Path.GetFullPath(path);
        if (!HostFile.TryGetStatus(fullPath, out FileStatus status))
        {
            throw new TargetException(TargetError.FileNotFound, $"--lib {path}: there is no such file. Give the path of a libssl or of a program with its own OpenSSL.");
        }

        if (_standing.TryGetValue(fullPath, out (FileStatus Status, Verdict Verdict) known) && known.Status == status && known.Verdict.Target is { } same)
        {
            known.Verdict.LastScan = _scans;
            return same;
        }

        if (!status.IsRegular)
        {
            throw new TargetException(TargetError.FileUnreadable, $"--lib {path}: not a regular file.");
        }

        HostFile.TryOpen(fullPath, out SafeFileHandle? file, out int errno);
        using var opened = new OpenedFile(file);
        if (opened.File is null || !HostFile.TryGetStatus(opened.File, out status))
        {
            throw new TargetException(TargetError.FileUnreadable, $"--lib {path}: cannot be opened for reading (errno {errno}). Run as root or change its permissions.");
        }

        TlsTarget target = MakeNamedTarget(opened, in status, path, fullPath);
        _standing[fullPath] = (status, new Verdict(target, status) { LastScan = _scans });
        return target;
    }

    private TlsTarget MakeNamedTarget(OpenedFile opened, in FileStatus status, string path, string fullPath)
    {
        try
        {
            return MakeTarget(opened, in status, fullPath, soName => OpenNeededOnHost(soName, fullPath), out IReadOnlyList<string> missing)
                ?? throw new TargetException(
                    TargetError.SymbolsMissing,
                    $"--lib {path}: does not define {string.Join(" and ", missing)}, neither for the linker nor in a symbol table. A stripped program with a static library cannot be captured.");
        }
        catch (ElfException exception)
        {
            throw new TargetException(TargetError.NotElf, $"--lib {path}: {exception.Reason}.", exception);
        }
        catch (IOException exception)
        {
            throw new TargetException(TargetError.FileUnreadable, $"--lib {path}: cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>A file that is broken, or breaks while it is read, is no target: it is somebody else's, and not what the user asked for.</summary>
    private TlsTarget? TryMakeTarget(
        OpenedFile opened, in FileStatus status, string displayPath, LibraryIdentifier.NeededLibraryOpener openNeeded)
    {
        try
        {
            return MakeTarget(opened, in status, displayPath, openNeeded, out _);
        }
        catch (Exception exception) when (exception is ElfException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private TlsTarget? MakeTarget(
        OpenedFile opened,
        in FileStatus status,
        string displayPath,
        LibraryIdentifier.NeededLibraryOpener openNeeded,
        out IReadOnlyList<string> missing)
    {
        SafeFileHandle file = opened.File!;

        // Device numbers with major 0 belong to file systems without a block device, overlay among them; the others need no second look.
        FileKey key = FileKey.Of(in status, isOnOverlay: status.DeviceMajor == 0 && HostFile.IsOnOverlay(file));
        missing = [];
        if (_targets.TryGetValue(key, out (TlsTarget Target, Verdict Verdict) known))
        {
            if (!known.Verdict.IsOutdatedBy(in status))
            {
                return known.Target;
            }

            Forget(known.Target);
            _replaced.Add(known.Target);
        }

        if (_inspector.Inspect(new FileByteSource(file), displayPath, openNeeded, out missing) is not { } inspected)
        {
            return null;
        }

        var target = new TlsTarget(key, displayPath, opened.Take(), inspected.Identity, inspected.Layout, inspected.Symbols);
        _targets.Add(key, (target, new Verdict(target, status)));
        return target;
    }

    /// <summary>
    /// True when a file seems to have other contents now, under the same inode number: a program that was built again, a library that was copied over.
    /// One look at the path, so only a hint to inspect the file; that compares the open file itself.
    /// </summary>
    private bool IsOutdated(Verdict verdict, int pid, string path, ulong inode) =>
        HostFile.TryGetStatus(_proc.RootPath(pid, path), out FileStatus status) && status.Inode == inode && verdict.IsOutdatedBy(in status);

    /// <summary>The same in a scan: once for each target, not for each process, and not for the many files that are none.</summary>
    private bool IsOutdatedTarget(Verdict verdict, int pid, in MapsLine line) =>
        verdict.Target is not null && verdict.LastScan < _scans && IsOutdated(verdict, pid, line.DecodePath(), line.Inode);

    private static bool IsSameFile(in FileStatus left, in FileStatus right) => left.Device == right.Device && left.Inode == right.Inode;

    /// <summary>An inode number that nothing uses any more may be given to another file.</summary>
    private void ForgetStaleVerdicts()
    {
        foreach (MappingId id in _mappings.Where(pair => pair.Value.LastScan < _scans).Select(static pair => pair.Key).ToArray())
        {
            _mappings.Remove(id);
        }

        foreach (string path in _standing.Where(pair => pair.Value.Verdict.LastScan < _scans).Select(static pair => pair.Key).ToArray())
        {
            _standing.Remove(path);
        }
    }

    /// <param name="Id">Under which the verdict is kept.</param>
    /// <param name="Pid">A process that maps it.</param>
    /// <param name="MapFilesPath">The exact link; null when the mapping is not known by address.</param>
    /// <param name="Path">As the process, or the kernel for this process, calls it.</param>
    /// <param name="Inode">As the mapping has it.</param>
    /// <param name="LooksDeleted">The path has gone, it seems.</param>
    private sealed record UnknownMapping(MappingId Id, int Pid, string? MapFilesPath, string Path, ulong Inode, bool LooksDeleted);

    /// <summary>A file that is closed at the end of its block unless someone took it.</summary>
    private sealed class OpenedFile(SafeFileHandle? file) : IDisposable
    {
        internal SafeFileHandle? File { get; private set; } = file;

        internal SafeFileHandle Take()
        {
            SafeFileHandle taken = File ?? throw new InvalidOperationException("There is no file to take.");
            File = null;
            return taken;
        }

        public void Dispose() => File?.Dispose();
    }
}
