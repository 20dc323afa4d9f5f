// SPDX-License-Identifier: Apache-2.0
using Microsoft.Win32.SafeHandles;

namespace Sluice.Bpf.Interop;

/// <summary>Owns a <c>struct btf</c> that belongs to no object.</summary>
internal sealed unsafe class BtfHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private BtfHandle(nint btf)
        : base(ownsHandle: true) => SetHandle(btf);

    /// <exception cref="BpfException">The file cannot be read, or has no BTF that libbpf understands.</exception>
    public static BtfHandle Parse(string path)
    {
        LibbpfLibrary.EnsureUsable();
        LibbpfLog.Begin();
        nint btf = Libbpf.btf__parse(path, null);
        SysResult result = SysResult.FromPointer(btf);
        return result.IsError ? throw BpfException.FromErrno("btf__parse", result.Error, $"BTF file {path}", LibbpfLog.Text) : new BtfHandle(btf);
    }

    protected override bool ReleaseHandle()
    {
        Libbpf.btf__free(handle);
        return true;
    }
}
