// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>
/// Memory shared with the kernel. Spans and references into it die with <see cref="System.Runtime.InteropServices.SafeHandle.Dispose()"/>:
/// whoever keeps one keeps this object alive and undisposed.
/// </summary>
public sealed unsafe class MappedMemory : SafeHandleMinusOneIsInvalid
{
    private MappedMemory(nint address, nuint length)
        : base(ownsHandle: true)
    {
        SetHandle(address);
        Length = length;
    }

    /// <summary>Bytes that are mapped.</summary>
    public nuint Length { get; }

    internal byte* Pointer => (byte*)handle;

    /// <summary>Makes one value of the memory accessible in place, e.g. for <see cref="System.Threading.Volatile"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value would not lie inside, or would not be aligned to its own size (up to 8).</exception>
    /// <exception cref="ObjectDisposedException">The memory is unmapped.</exception>
    public ref T Reference<T>(nuint offset = 0)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        nuint size = (nuint)sizeof(T);
        if (size > Length || offset > Length - size || offset % Math.Min((nuint)8, (nuint)Alignment<T>()) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, "The value lies outside the mapped memory or is not aligned.");
        }

        // SAFETY: offset + sizeof(T) <= Length was checked above; the mapping outlives the reference by the class's contract.
        unsafe
        {
            return ref Unsafe.AsRef<T>(Pointer + offset);
        }
    }

    internal static MappedMemory Map(int fd, nuint length, bool writable, long offset, string subject)
    {
        int protection = Libc.PROT_READ | (writable ? Libc.PROT_WRITE : 0);
        nint address = SysResult.FromLibc(Libc.mmap(0, length, protection, Libc.MAP_SHARED, fd, offset)).ThrowOnError("mmap", subject);
        return new MappedMemory(address, length);
    }

    protected override bool ReleaseHandle() => Libc.munmap(handle, Length) == 0;

    /// <summary>Largest power of two that divides the size: an upper bound of what the type can ask for.</summary>
    private static int Alignment<T>()
        where T : unmanaged => sizeof(T) & -sizeof(T);
}
