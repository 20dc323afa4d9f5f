// SPDX-License-Identifier: Apache-2.0
using System;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

/// <summary>Finds out by the smallest program that needs a thing whether the kernel has it.</summary>
internal static unsafe class ProgramTrial
{
    public const int BPF_PROG_TYPE_KPROBE = 2;
    public const int BPF_PROG_TYPE_SCHED_CLS = 3;
    public const int BPF_PROG_TYPE_CGROUP_SKB = 8;
    public const int BPF_PROG_TYPE_SOCK_OPS = 13;
    public const int BPF_PROG_TYPE_RAW_TRACEPOINT = 17;
    public const int BPF_PROG_TYPE_TRACING = 26;

    public const int BPF_FUNC_get_attach_cookie = 174;
    public const int BPF_FUNC_loop = 181;
    public const int BPF_FUNC_ringbuf_reserve_dynptr = 198;

    private const byte Call = 0x85, MoveImmediate = 0xb7, Move = 0xbf, AddImmediate = 0x07, Exit = 0x95, StoreImmediate = 0x7a, Atomic = 0xdb;
    private const byte R1 = 1, R2 = 2, R3 = 3, R10 = 10;
    private const int AddAndFetch = 0x01;
    private const int BPF_FUNC_probe_read = 4;

    /// <summary>r0 = 1; exit. One means "go on" or "allow" wherever the value matters.</summary>
    private static ReadOnlySpan<ulong> Nothing => new ulong[] { Instruction(MoveImmediate, 0, 1), Instruction(Exit, 0, 0) };

    public static FeatureProbe Cookie() => Try(
        [Instruction(Call, 0, BPF_FUNC_get_attach_cookie), .. Nothing], "a program that asks for its cookie was accepted");

    public static FeatureProbe FetchingAtomics() => Try(
        [
            // *(u64 *)(r10 - 8) = 0; r1 = 1; r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)
            Instruction(StoreImmediate, R10, 0, offset: -8),
            Instruction(MoveImmediate, R1, 1),
            Instruction(Atomic, R1 << 4 | R10, AddAndFetch, offset: -8),
            .. Nothing,
        ],
        "a program with one was accepted");

    /// <summary>Not by <see cref="Helper"/>: libbpf takes a helper that exists and may not be used for one that may.</summary>
    public static FeatureProbe KernelReads() => Try(
        [
            // bpf_probe_read(r10 - 8, 8, 0)
            Instruction(Move, R10 << 4 | R1, 0),
            Instruction(AddImmediate, R1, -8),
            Instruction(MoveImmediate, R2, 8),
            Instruction(MoveImmediate, R3, 0),
            Instruction(Call, 0, BPF_FUNC_probe_read),
            .. Nothing,
        ],
        "a program that reads the kernel's memory was accepted");

    public static FeatureProbe Helper(int helper, string name)
    {
        LibbpfLog.Begin();
        int answer = Interop.Libbpf.libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, helper, null);
        return answer switch
        {
            > 0 => new FeatureProbe(true, $"the kernel knows {name}()"),
            0 => new FeatureProbe(false, $"the kernel does not know {name}()"),
            _ => new FeatureProbe(false, $"libbpf_probe_bpf_helper: {BpfException.Reason(-answer)}"),
        };
    }

    /// <summary>A loaded program that does nothing; its owner closes it.</summary>
    public static SysResult LoadNothing(int type, uint attachType = 0, uint attachBtfId = 0) => Load(type, Nothing, attachType, attachBtfId);

    private static FeatureProbe Try(ReadOnlySpan<ulong> instructions, string success)
    {
        SysResult loaded = Load(BPF_PROG_TYPE_KPROBE, instructions, 0, 0);
        if (loaded.IsError)
        {
            return new FeatureProbe(false, "bpf_prog_load: " + BpfException.Reason(loaded.Error));
        }

        new FileDescriptor((int)loaded.ThrowOnError("bpf_prog_load", "a probe")).Dispose();
        return new FeatureProbe(true, success);
    }

    private static SysResult Load(int type, ReadOnlySpan<ulong> program, uint attachType, uint attachBtfId)
    {
        LibbpfLog.Begin();

        // SAFETY: the instructions are pinned and their number is passed; sz says how much of the options libbpf may read.
        unsafe
        {
            fixed (ulong* instructions = program)
            {
                bpf_prog_load_opts options = new() { sz = (nuint)sizeof(bpf_prog_load_opts), expected_attach_type = attachType, attach_btf_id = attachBtfId };
                return SysResult.FromLibbpf(Interop.Libbpf.bpf_prog_load(type, "sluice_probe", "GPL", instructions, (nuint)program.Length, &options));
            }
        }
    }

    /// <summary>struct bpf_insn: code, registers (source above destination), offset, immediate; as both supported machines lay it out (little-endian).</summary>
    private static ulong Instruction(byte code, int registers, int immediate, short offset = 0) =>
        ((ulong)(uint)immediate << 32) | ((ulong)(ushort)offset << 16) | ((ulong)(byte)registers << 8) | code;
}
