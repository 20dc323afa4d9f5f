// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

public sealed partial record KernelFeatures
{
    private const int EBADF = 9;

    /// <summary>One link can hold many uprobes (Linux 6.6).</summary>
    public required FeatureProbe UprobeMulti { get; init; }

    /// <summary>The same as <see cref="UprobeMulti"/> of a full <see cref="Probe"/>, without the rest.</summary>
    public static FeatureProbe TryUprobeMulti()
    {
        SysResult loaded = LoadUprobeMultiProgram();
        if (loaded.IsError)
        {
            return new FeatureProbe(false, "bpf_prog_load: " + Marshal.GetPInvokeErrorMessage(loaded.Error));
        }

        using FileDescriptor program = new((int)loaded.ThrowOnError("bpf_prog_load", "a probe"));

        // A directory cannot be probed: a kernel that gets as far as saying so (EBADF) knows the kind of link.
        SysResult link = BpfProgram.CreateUprobeMultiLink(program.Value, new UprobeMultiTarget("/", [0], [0], IsReturn: false));
        return link.Error == EBADF
            ? new FeatureProbe(true, "the kernel knows this kind of link")
            : new FeatureProbe(false, "bpf(BPF_LINK_CREATE): " + Marshal.GetPInvokeErrorMessage(link.Error));
    }

    private static unsafe SysResult LoadUprobeMultiProgram()
    {
        // r0 = 0; exit.
        ulong[] program = [Instruction(0xb7, 0), Instruction(0x95, 0)];

        // SAFETY: the instructions are pinned and their number is passed; sz says how much of the options libbpf may read.
        unsafe
        {
            fixed (ulong* instructions = program)
            {
                bpf_prog_load_opts options = new() { sz = (nuint)sizeof(bpf_prog_load_opts), expected_attach_type = Libc.BPF_TRACE_UPROBE_MULTI };
                return SysResult.FromLibbpf(
                    Interop.Libbpf.bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sluice_probe", "GPL", instructions, (nuint)program.Length, &options));
            }
        }
    }
}
