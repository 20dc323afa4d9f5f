// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Throughput;

/// <summary>libbpf's own consumers with a counting C callback (bench/native/drain_baseline.c).</summary>
internal sealed unsafe partial class NativeDrain : SafeHandleZeroOrMinusOneIsInvalid
{
    private const string Library = "drain_baseline";

    static NativeDrain() => NativeLibrary.SetDllImportResolver(typeof(NativeDrain).Assembly, Resolve);

    private NativeDrain(nint drain, string call)
        : base(ownsHandle: true)
    {
        if (drain == 0)
        {
            throw new InvalidOperationException($"{call} failed with errno {Marshal.GetLastPInvokeError()}.");
        }

        SetHandle(drain);
    }

    public static NativeDrain OpenRing(int mapFd) => new(drain_open_ring(mapFd), nameof(drain_open_ring));

    public static NativeDrain OpenPerf(int mapFd, int pagesPerCpu) => new(drain_open_perf(mapFd, pagesPerCpu), nameof(drain_open_perf));

    /// <summary>Takes what is in the buffers and returns how many records that were.</summary>
    public long DrainOnce()
    {
        ulong bytes;
        ulong lost;
        long records;

        // SAFETY: the handle was checked at construction and is open while the owner may call this; both results are locals.
        unsafe
        {
            records = drain_all(handle, &bytes, &lost);
        }

        // Filling a perf buffer to the brim always loses the record that did not fit any more; both sides are told of it.
        return records >= 0 ? records : throw new InvalidOperationException($"The C consumer failed with {records}.");
    }

    protected override bool ReleaseHandle()
    {
        drain_close(handle);
        return true;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) =>
        name == Library ? NativeLibrary.Load(Path.Combine(RepositoryFiles.Artifacts, "bench", "libdrain_baseline.so")) : 0;

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint drain_open_ring(int mapFd);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint drain_open_perf(int mapFd, int pagesPerCpu);

    [LibraryImport(Library)]
    private static partial long drain_all(nint drain, ulong* bytes, ulong* lost);

    [LibraryImport(Library)]
    private static partial void drain_close(nint drain);
}
