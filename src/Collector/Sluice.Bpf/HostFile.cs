// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Opens and identifies files of other processes. The framework has no inode or device numbers, takes an advisory lock on what it opens and waits on a FIFO;
/// a tool that looks at every file on the host must do neither.
/// </summary>
public static class HostFile
{
    /// <summary>Opens for reading without locking, waiting or becoming a controlling terminal.</summary>
    /// <param name="path">Any path, links of <c>/proc</c> included.</param>
    /// <param name="handle">The caller owns it; null when the call fails.</param>
    /// <param name="errno">0, or the error of <c>open(2)</c>.</param>
    /// <returns>False with <paramref name="errno"/> set; never throws for a file that cannot be opened.</returns>
    public static bool TryOpen(string path, out SafeFileHandle? handle, out int errno)
    {
        int fd;
        do
        {
            fd = LibcFiles.open(path, LibcFiles.O_RDONLY | LibcFiles.O_CLOEXEC | LibcFiles.O_NONBLOCK | LibcFiles.O_NOCTTY);
            errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
        while (errno == LibcFiles.EINTR);
        handle = fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
        return handle is not null;
    }

    /// <summary>Identifies an open file. False only when the handle is not usable.</summary>
    public static bool TryGetStatus(SafeFileHandle file, out FileStatus status)
    {
        ArgumentNullException.ThrowIfNull(file);
        int result = LibcFiles.statx(file, "", LibcFiles.AT_EMPTY_PATH, LibcFiles.STATX_BASIC_STATS, out LibcFiles.StatxBuffer buffer);
        status = result == 0 ? ToStatus(in buffer) : default;
        return result == 0;
    }

    /// <summary>Identifies the file that <paramref name="path"/> leads to, links followed. False when there is none or it may not be looked at.</summary>
    public static bool TryGetStatus(string path, out FileStatus status)
    {
        int result = LibcFiles.statx_path(LibcFiles.AT_FDCWD, path, 0, LibcFiles.STATX_BASIC_STATS, out LibcFiles.StatxBuffer buffer);
        status = result == 0 ? ToStatus(in buffer) : default;
        return result == 0;
    }

    /// <summary>True when the open file lies on an overlay file system, whose device numbers differ for each mount of the same layers.</summary>
    public static bool IsOnOverlay(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return LibcFiles.fstatfs(file, out LibcFiles.StatfsBuffer buffer) == 0 && buffer.f_type == LibcFiles.OVERLAYFS_SUPER_MAGIC;
    }

    private static FileStatus ToStatus(in LibcFiles.StatxBuffer buffer) => new(
        buffer.stx_dev_major,
        buffer.stx_dev_minor,
        buffer.stx_ino,
        (long)buffer.stx_size,
        (buffer.stx_ctime_sec * 1_000_000_000L) + buffer.stx_ctime_nsec,
        (buffer.stx_mode & LibcFiles.S_IFMT) == LibcFiles.S_IFREG);
}
