// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>What a system call gave: a value, or the errno of its failure.</summary>
internal readonly struct SysResult
{
    private readonly nint _value;

    private SysResult(nint value, int errno)
    {
        _value = value;
        Error = errno;
    }

    /// <summary>0 when the call succeeded.</summary>
    public int Error { get; }

    public bool IsError => Error != 0;

    /// <summary>For libc wrappers: -1 means that errno, which the import has just saved, has the reason.</summary>
    public static SysResult FromLibc(nint returned) =>
        returned == -1 ? new SysResult(-1, Marshal.GetLastPInvokeError()) : new SysResult(returned, 0);

    /// <summary>For libbpf 1.x: a negative return is a negated errno.</summary>
    public static SysResult FromLibbpf(int returned) =>
        returned < 0 ? new SysResult(-1, -returned) : new SysResult(returned, 0);

    /// <summary>For libbpf 1.x calls that give a pointer: NULL means that errno has the reason.</summary>
    public static SysResult FromPointer(nint returned) =>
        returned == 0 ? new SysResult(-1, Marshal.GetLastPInvokeError()) : new SysResult(returned, 0);

    public nint ThrowOnError(string call, string subject)
    {
        if (IsError)
        {
            throw BpfException.FromErrno(call, Error, subject);
        }

        return _value;
    }
}
