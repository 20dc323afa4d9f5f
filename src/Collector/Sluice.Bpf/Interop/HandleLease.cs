// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Keeps a handle open while its raw value is in use; throws <see cref="ObjectDisposedException"/> when it is closed already.</summary>
internal readonly ref struct HandleLease
{
    private readonly SafeHandle _handle;

    public HandleLease(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        _handle = handle;
    }

    public nint Value => _handle.DangerousGetHandle();

    public void Dispose() => _handle.DangerousRelease();
}
