// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;

namespace Sluice.Probes;

/// <summary>A cgroup that a filter names, held open: its path may come to mean another one, as when a service is started again.</summary>
internal sealed class SelectedCgroup : IDisposable
{
    private readonly CgroupDirectory _directory;

    private SelectedCgroup(CgroupDirectory directory, ulong id)
    {
        _directory = directory;
        Id = id;
    }

    /// <summary>The number of the directory's inode, which is the cgroup's id (64-bit machines, Linux 5.5).</summary>
    public ulong Id { get; }

    /// <summary>For the map that programs of processes ask.</summary>
    public int Fd => _directory.Fd;

    /// <summary>Opens all, or none.</summary>
    /// <exception cref="BpfException">One does not exist.</exception>
    public static SelectedCgroup[] OpenAll(IReadOnlyList<string> paths)
    {
        var opened = new SelectedCgroup[paths.Count];
        try
        {
            for (int i = 0; i < opened.Length; i++)
            {
                opened[i] = Open(paths[i]);
            }

            return opened;
        }
        catch
        {
            CloseAll(opened);
            throw;
        }
    }

    public static void CloseAll(SelectedCgroup?[] cgroups) => Array.ForEach(cgroups, static cgroup => cgroup?.Dispose());

    public void Dispose() => _directory.Dispose();

    private static SelectedCgroup Open(string path)
    {
        CgroupDirectory directory = CgroupDirectory.Open(path);
        if (HostFile.TryGetStatus($"/proc/self/fd/{directory.Fd}/.", out FileStatus status))
        {
            return new SelectedCgroup(directory, status.Inode);
        }

        directory.Dispose();
        throw new BpfException("statx", 0, $"the cgroup {path} cannot be looked at.");
    }
}
