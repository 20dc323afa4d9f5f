// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>The system calls that the readers need, as libc wraps them.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int MAP_SHARED = 1;

    public const int EPOLL_CTL_ADD = 1;
    public const uint EPOLLIN = 0x001;
    public const uint EPOLLET = 1u << 31;
    public const int EPOLL_CLOEXEC = 0x80000;

    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    private const int MEMBARRIER_CMD_GLOBAL = 1;
    private const int NR_membarrier_x64 = 324;
    private const int NR_membarrier_generic = 283;

    /// <summary>On Linux of one thread: the id is a thread's, whatever POSIX says.</summary>
    public const int PRIO_PROCESS = 0;

    /// <summary>The id by which setpriority means its caller.</summary>
    public const uint CallingThread = 0;

    private const int NR_perf_event_open_x64 = 298;
    private const int NR_perf_event_open_generic = 241;

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int munmap(nint address, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int epoll_wait(int epoll, byte* events, int maxEvents, int timeoutMs);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initialValue, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int fd, void* buffer, nuint count);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint if_nametoindex(string name);

    public const int CLONE_NEWNET = 0x40000000;

    /// <summary>Gives the calling thread, and no other, a namespace of its own.</summary>
    [LibraryImport(Library, SetLastError = true)]
    public static partial int unshare(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setpriority(int which, uint id, int nice);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    /// <summary>x86-64 has a table of its own; arm64 and riscv64 share the generic one (asm-generic/unistd.h).</summary>
    public static int NR_perf_event_open =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? NR_perf_event_open_x64 : NR_perf_event_open_generic;

    /// <summary>glibc has no wrapper for perf_event_open(2).</summary>
    public static int PerfEventOpen(PerfEventAttr* attr, int pid, int cpu, int groupFd, ulong flags)
    {
        return (int)syscall(NR_perf_event_open, (nint)attr, pid, cpu, groupFd, (nint)flags);
    }

    /// <summary>Waits until every program that runs now is over: they run inside RCU read sections. False: this kernel cannot (nohz_full).</summary>
    public static bool TryWaitForGracePeriod()
    {
        int number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? NR_membarrier_x64 : NR_membarrier_generic;
        return syscall(number, MEMBARRIER_CMD_GLOBAL, 0, 0, 0, 0) == 0;
    }

    /// <summary>Formats into memory that the caller gives to <see cref="free"/>; va_list goes through as the pointer it is in the ABI.</summary>
    [LibraryImport(Library)]
    public static partial int vasprintf(byte** result, byte* format, nint arguments);

    [LibraryImport(Library)]
    public static partial void free(void* memory);
}
