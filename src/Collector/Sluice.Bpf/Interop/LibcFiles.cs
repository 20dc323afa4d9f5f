// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Bpf.Interop;

/// <summary>File calls of libc whose results the framework does not give. The values are the same on x86_64 and aarch64 unless said.</summary>
internal static partial class LibcFiles
{
    internal const int O_RDONLY = 0;
    internal const int O_NOCTTY = 0x100;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;
    internal const int AT_EMPTY_PATH = 0x1000;
    internal const uint STATX_BASIC_STATS = 0x7ff;
    internal const ushort S_IFMT = 0xf000;
    internal const ushort S_IFREG = 0x8000;
    internal const int EINTR = 4;
    internal const long OVERLAYFS_SUPER_MAGIC = 0x794c7630;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(SafeFileHandle dirfd, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx_path(int dirfd, string path, int flags, uint mask, out StatxBuffer buffer);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fstatfs(SafeFileHandle fd, out StatfsBuffer buffer);

    /// <summary>Mirrors <c>struct statx</c> of linux/stat.h; only the members that are read are named.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(28)]
        internal ushort stx_mode;
        [FieldOffset(32)]
        internal ulong stx_ino;
        [FieldOffset(40)]
        internal ulong stx_size;
        [FieldOffset(96)]
        internal long stx_ctime_sec;
        [FieldOffset(104)]
        internal uint stx_ctime_nsec;
        [FieldOffset(136)]
        internal uint stx_dev_major;
        [FieldOffset(140)]
        internal uint stx_dev_minor;
    }

    /// <summary>Mirrors <c>struct statfs</c> of glibc on 64-bit machines (120 bytes); only the type is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct StatfsBuffer
    {
        [FieldOffset(0)]
        internal long f_type;
    }
}
