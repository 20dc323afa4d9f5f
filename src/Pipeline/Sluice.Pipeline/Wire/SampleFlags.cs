// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Pipeline.Wire;

/// <summary>Mirrors <c>enum sluice_event_flags</c> in bpf/include/event.h.</summary>
[Flags]
public enum SampleFlags : ushort
{
    None = 0,
    Truncated = 1 << 0,
    ReadFault = 1 << 1,
    Gap = 1 << 2,
    CallEnd = 1 << 3,
    EarlyData = 1 << 4,

    /// <summary>The process fields of the header mean nothing.</summary>
    ProcessUnknown = 1 << 5,

    /// <summary>The connection was there before the capture.</summary>
    StartUnknown = 1 << 6,

    /// <summary>Nothing counted the connection's bytes and packets.</summary>
    TrafficUnknown = 1 << 7,
}
