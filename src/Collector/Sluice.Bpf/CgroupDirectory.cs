// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>An open directory of cgroup v2, as a cgroup array map or a cgroup attachment takes it.</summary>
public sealed class CgroupDirectory : IDisposable
{
    private readonly FileDescriptor _descriptor;

    private CgroupDirectory(FileDescriptor descriptor, string path)
    {
        _descriptor = descriptor;
        Path = path;
    }

    /// <summary>As it was opened.</summary>
    public string Path { get; }

    /// <summary>The descriptor; a map that it was put into keeps the cgroup by itself.</summary>
    public int Fd => _descriptor.Value;

    /// <summary>
    /// Where cgroup v2 is mounted, null when it is not. This is the root of all cgroups, unless a container shows its own as if it were (<see cref="IsRoot"/>).
    /// </summary>
    public static string? FindMount()
    {
        foreach (string line in File.ReadLines("/proc/self/mounts"))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 2 && fields[2] == "cgroup2")
            {
                return fields[1];
            }
        }

        return null;
    }

    /// <summary>Whether a directory of cgroup v2 is the host's root: every other cgroup has this file.</summary>
    public static bool IsRoot(string path) => !File.Exists(System.IO.Path.Combine(path, "cgroup.events"));

    /// <summary>Opens a directory; whether it is one of cgroup v2 the kernel says when the descriptor is used (EBADF when not).</summary>
    /// <exception cref="BpfException">There is no such directory, or it may not be read.</exception>
    public static CgroupDirectory Open(string path)
    {
        int directory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Libc.O_DIRECTORY_arm64 : Libc.O_DIRECTORY_x64;
        nint fd = SysResult.FromLibc(Libc.open(path, Libc.O_RDONLY | directory | Libc.O_CLOEXEC)).ThrowOnError("open", $"cgroup {path}");
        return new CgroupDirectory(new FileDescriptor((int)fd), path);
    }

    /// <summary>Closes the descriptor. Idempotent.</summary>
    public void Dispose() => _descriptor.Dispose();
}
