// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.Text;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf;

public sealed unsafe partial class BpfProgram
{
    /// <summary>Makes an uprobe program one for <see cref="AttachUprobeMulti"/>, and for nothing else. Before the load only; check <see cref="Features.KernelFeatures.UprobeMulti"/>.</summary>
    /// <exception cref="BpfException">The object is loaded already.</exception>
    public void UseUprobeMulti()
    {
        using HandleLease lease = new(_owner);
        int result = Libbpf.bpf_program__set_expected_attach_type(_program, Libc.BPF_TRACE_UPROBE_MULTI);
        _ = SysResult.FromLibbpf(result).ThrowOnError("bpf_program__set_expected_attach_type", Subject);
    }

    /// <summary>Attaches to many instructions of a file at once, for all processes. Detaching such a link waits for the kernel's grace period once, not once a probe.</summary>
    /// <exception cref="ArgumentException">No offset, or not a cookie for each.</exception>
    /// <exception cref="BpfException">EINVAL: no multi-uprobes in this kernel, or <see cref="UseUprobeMulti"/> was not called; ENOENT: no such file. Nothing is attached then.</exception>
    public BpfLink AttachUprobeMulti(UprobeMultiTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Offsets.Count == 0 || target.Offsets.Count != target.Cookies.Count)
        {
            throw new ArgumentException("A multi-uprobe needs at least one offset, and a cookie for each.", nameof(target));
        }

        using HandleLease lease = new(_owner);
        SysResult result = CreateUprobeMultiLink(Libbpf.bpf_program__fd(_program), target);
        string subject = string.Create(CultureInfo.InvariantCulture, $"{Subject} at {target.Offsets.Count} places of {target.Path}");
        return new BpfLink(new FileDescriptor((int)result.ThrowOnError("bpf(BPF_LINK_CREATE)", subject)));
    }

    internal static SysResult CreateUprobeMultiLink(int program, UprobeMultiTarget target)
    {
        byte[] path = Encoding.UTF8.GetBytes(target.Path + '\0');
        ulong[] offsets = [.. target.Offsets];
        ulong[] cookies = [.. target.Cookies];

        // SAFETY: the three arrays are pinned for the length of the call, cnt is the length of both number arrays, and the path ends with a NUL.
        unsafe
        {
            fixed (byte* pathPointer = path)
            fixed (ulong* offsetsPointer = offsets)
            fixed (ulong* cookiesPointer = cookies)
            {
                bpf_attr_link_create attributes = new()
                {
                    prog_fd = (uint)program,
                    attach_type = Libc.BPF_TRACE_UPROBE_MULTI,
                    path = (ulong)pathPointer,
                    offsets = (ulong)offsetsPointer,
                    cookies = (ulong)cookiesPointer,
                    cnt = (uint)offsets.Length,
                    uprobe_flags = target.IsReturn ? Libc.BPF_F_UPROBE_MULTI_RETURN : 0,
                };
                return Libc.BpfLinkCreate(&attributes);
            }
        }
    }
}
