// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Runtime.InteropServices;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

/// <summary>
/// What this kernel lets this process do, found by trying it rather than by its version: distributions port features back,
/// and containers take them away.
/// </summary>
/// <param name="Libbpf">libbpf is there and new enough; without it nothing below can be tried.</param>
/// <param name="RingBuffer">BPF ring buffers can be made (Linux 5.8).</param>
/// <param name="UprobeCookie">Programs can ask for their attach cookie (Linux 5.15).</param>
/// <param name="Btf">The kernel's types are known, so that CO-RE objects can be relocated.</param>
/// <param name="Uprobes">The kernel can probe user-space functions.</param>
public sealed partial record KernelFeatures(FeatureProbe Libbpf, FeatureProbe RingBuffer, FeatureProbe UprobeCookie, FeatureProbe Btf, FeatureProbe Uprobes)
{
    /// <summary>Where the kernel shows its own types.</summary>
    public const string KernelBtfPath = "/sys/kernel/btf/vmlinux";

    private const string UprobePmuPath = "/sys/bus/event_source/devices/uprobe/type";
    private const int BPF_PROG_TYPE_KPROBE = 2;
    private const int BPF_FUNC_get_attach_cookie = 174;

    /// <summary>Tries everything; some system calls, no lasting effect, no exception for what is missing.</summary>
    /// <param name="btfPath">A BTF file that the user gave in place of the kernel's own.</param>
    public static KernelFeatures Probe(string? btfPath = null)
    {
        string? problem = LibbpfLibrary.Problem;
        FeatureProbe libbpf = problem is null ? new(true, LibbpfLibrary.Describe()) : new(false, problem);
        return new KernelFeatures(
            libbpf,
            libbpf.IsAvailable ? TryRingBuffer() : libbpf,
            libbpf.IsAvailable ? TryUprobeCookie() : libbpf,
            LookForFile(btfPath ?? KernelBtfPath, "CONFIG_DEBUG_INFO_BTF is off, or /sys is not the host's"),
            LookForFile(UprobePmuPath, "CONFIG_UPROBE_EVENTS is off, or the kernel is older than 4.17"))
        {
            UprobeMulti = libbpf.IsAvailable ? TryUprobeMulti() : libbpf,
        };
    }

    /// <summary>The same as <see cref="RingBuffer"/> of a full <see cref="Probe"/>, without the rest.</summary>
    public static FeatureProbe TryRingBuffer()
    {
        try
        {
            using BpfMap map = BpfMap.Create(BpfMapType.RingBuffer, "sluice_probe", 0, 0, (uint)Environment.SystemPageSize);
            return new FeatureProbe(true, "a ring buffer could be made");
        }
        catch (BpfException e)
        {
            return new FeatureProbe(false, e.Message);
        }
    }

    private static unsafe FeatureProbe TryUprobeCookie()
    {
        // r0 = bpf_get_attach_cookie(ctx); r0 = 0; exit. r1 is the context on entry.
        ReadOnlySpan<ulong> program = [Instruction(0x85, BPF_FUNC_get_attach_cookie), Instruction(0xb7, 0), Instruction(0x95, 0)];
        SysResult result;

        // SAFETY: the instructions are pinned and their number is passed; sz says how much of the options libbpf may read.
        unsafe
        {
            fixed (ulong* instructions = program)
            {
                bpf_prog_load_opts options = new() { sz = (nuint)sizeof(bpf_prog_load_opts) };
                result = SysResult.FromLibbpf(
                    Interop.Libbpf.bpf_prog_load(BPF_PROG_TYPE_KPROBE, "sluice_probe", "GPL", instructions, (nuint)program.Length, &options));
            }
        }

        if (result.IsError)
        {
            return new FeatureProbe(false, "bpf_prog_load: " + Marshal.GetPInvokeErrorMessage(result.Error));
        }

        new FileDescriptor((int)result.ThrowOnError("bpf_prog_load", "a probe")).Dispose();
        return new FeatureProbe(true, "a program that asks for its cookie was accepted");
    }

    private static FeatureProbe LookForFile(string path, string reason) =>
        File.Exists(path) ? new FeatureProbe(true, path) : new FeatureProbe(false, path + " is missing: " + reason);

    /// <summary>struct bpf_insn with registers and offset 0: code in the lowest byte, the immediate in the upper half (little-endian layout).</summary>
    private static ulong Instruction(byte code, int immediate) =>
        BitConverter.IsLittleEndian ? ((ulong)(uint)immediate << 32) | code : ((ulong)code << 56) | (uint)immediate;
}
