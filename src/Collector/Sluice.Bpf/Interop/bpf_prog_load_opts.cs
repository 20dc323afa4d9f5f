// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct bpf_prog_load_opts</c> of libbpf's bpf.h (1.1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct bpf_prog_load_opts
{
    public nuint sz;
    public int attempts;
    public uint expected_attach_type;
    public uint prog_btf_fd;
    public uint prog_flags;
    public uint prog_ifindex;
    public uint kern_version;
    public uint attach_btf_id;
    public uint attach_prog_fd;
    public uint attach_btf_obj_fd;
    public int* fd_array;
    public void* func_info;
    public uint func_info_cnt;
    public uint func_info_rec_size;
    public void* line_info;
    public uint line_info_cnt;
    public uint line_info_rec_size;
    public uint log_level;
    public uint log_size;
    public byte* log_buf;
}
