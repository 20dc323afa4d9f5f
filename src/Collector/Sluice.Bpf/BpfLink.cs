// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

/// <summary>An attachment of a program. It lives until it is disposed, also after its <see cref="BpfObject"/> was.</summary>
public sealed class BpfLink : IDisposable
{
    private readonly SafeHandle _handle;

    internal BpfLink(nint link) => _handle = new LinkHandle(link);

    /// <summary>A link that libbpf knows nothing of: closing its descriptor detaches.</summary>
    internal BpfLink(FileDescriptor link) => _handle = link;

    /// <summary>Detaches. Returns when the kernel has taken the probe out; a run of the program under way may still end after it. Idempotent.</summary>
    public void Dispose() => _handle.Dispose();
}
