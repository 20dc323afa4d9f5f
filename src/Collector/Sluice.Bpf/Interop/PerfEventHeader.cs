// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Bpf.Interop;

/// <summary>Mirrors <c>struct perf_event_header</c> of linux/perf_event.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PerfEventHeader
{
    public uint type;
    public ushort misc;
    public ushort size;
}
