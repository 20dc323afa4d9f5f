// SPDX-License-Identifier: Apache-2.0
using Microsoft.Win32.SafeHandles;

namespace Sluice.Bpf.Interop;

/// <summary>Owns a <c>struct bpf_object</c> with its maps and programs.</summary>
internal sealed class ObjectHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public ObjectHandle(nint obj)
        : base(ownsHandle: true) => SetHandle(obj);

    protected override bool ReleaseHandle()
    {
        Libbpf.bpf_object__close(handle);
        return true;
    }
}
