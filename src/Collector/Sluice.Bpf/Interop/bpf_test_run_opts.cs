// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_test_run_opts</c> of libbpf's bpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct bpf_test_run_opts
{
    public const uint BPF_F_TEST_RUN_ON_CPU = 1u << 0;

    public nuint sz;
    public void* data_in;
    public void* data_out;
    public uint data_size_in;
    public uint data_size_out;
    public void* ctx_in;
    public void* ctx_out;
    public uint ctx_size_in;
    public uint ctx_size_out;
    public uint retval;
    public int repeat;
    public uint duration;
    public uint flags;
    public uint cpu;
    public uint batch_size;
}
