// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_DIRECTORY_x64 = 0x10000;
    public const int O_DIRECTORY_arm64 = 0x4000;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>For directories, which the BCL cannot open.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);
}
