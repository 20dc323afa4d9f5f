// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>bpf(2) itself, for what libbpf 1.1 (Debian 12) does not know yet.</summary>
internal static unsafe partial class Libc
{
    public const uint BPF_TRACE_UPROBE_MULTI = 48;
    public const uint BPF_F_UPROBE_MULTI_RETURN = 1;

    public const uint BPF_PERF_EVENT = 41;
    public const uint BPF_TCX_INGRESS = 46;
    public const uint BPF_TCX_EGRESS = 47;
    public const uint BPF_F_ALLOW_MULTI = 2;

    private const int BPF_LINK_CREATE = 28;
    private const int NR_bpf_x64 = 321;
    private const int NR_bpf_generic = 280;

    /// <summary>A new link's descriptor. <typeparamref name="T"/> mirrors the part of union bpf_attr that the kind of link reads.</summary>
    public static SysResult BpfLinkCreate<T>(T* attributes)
        where T : unmanaged
    {
        int number = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? NR_bpf_x64 : NR_bpf_generic;
        return SysResult.FromLibc(syscall(number, BPF_LINK_CREATE, (nint)attributes, sizeof(T), 0, 0));
    }
}
