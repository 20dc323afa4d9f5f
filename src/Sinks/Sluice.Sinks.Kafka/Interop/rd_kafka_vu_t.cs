// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace Sluice.Sinks.Kafka.Interop;

/// <summary>
/// Mirrors <c>rd_kafka_vu_t</c> of rdkafka.h: a tag and a union padded to 64 bytes. Which union fields count, <see cref="vtype"/> says.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal unsafe struct rd_kafka_vu_t
{
    [FieldOffset(0)]
    public int vtype;

    /// <summary>u.rkt, u.mem.ptr, u.ptr, u.headers</summary>
    [FieldOffset(8)]
    public void* ptr;

    /// <summary>u.i</summary>
    [FieldOffset(8)]
    public int i;

    /// <summary>u.mem.size</summary>
    [FieldOffset(16)]
    public nuint size;
}
