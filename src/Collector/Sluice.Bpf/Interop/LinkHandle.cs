// SPDX-License-Identifier: Apache-2.0
using Microsoft.Win32.SafeHandles;

namespace Sluice.Bpf.Interop;

/// <summary>Owns a <c>struct bpf_link</c>; releasing it detaches the program.</summary>
internal sealed class LinkHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public LinkHandle(nint link)
        : base(ownsHandle: true) => SetHandle(link);

    protected override bool ReleaseHandle() => Libbpf.bpf_link__destroy(handle) == 0;
}
