// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>
/// The first 72 bytes (PERF_ATTR_SIZE_VER1) of <c>struct perf_event_attr</c> of linux/perf_event.h; the kernel takes the
/// rest as zero because <see cref="size"/> says where we stop.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = SizeInBytes)]
internal struct PerfEventAttr
{
    public const int SizeInBytes = 72;

    public const uint PERF_TYPE_SOFTWARE = 1;
    public const ulong PERF_COUNT_SW_DUMMY = 9;
    public const ulong PERF_COUNT_SW_BPF_OUTPUT = 10;
    public const ulong PERF_SAMPLE_RAW = 1 << 10;

    /// <summary>Bits of the C bit field, in its order.</summary>
    public const ulong FLAG_DISABLED = 1UL << 0;
    public const ulong FLAG_MMAP = 1UL << 8;
    public const ulong FLAG_WATERMARK = 1UL << 14;
    public const ulong FLAG_MMAP2 = 1UL << 23;

    public const uint PERF_TYPE_TRACEPOINT = 2;

    public const nuint PERF_EVENT_IOC_ENABLE = 0x2400;
    public const nuint PERF_EVENT_IOC_SET_BPF = 0x40042408;
    public const ulong PERF_FLAG_FD_CLOEXEC = 1UL << 3;

    public uint type;
    public uint size;
    public ulong config;
    public ulong sample_period;
    public ulong sample_type;
    public ulong read_format;
    public ulong flags;
    public uint wakeup_events_or_watermark;
    public uint bp_type;
    public ulong config1;
    public ulong config2;
}
