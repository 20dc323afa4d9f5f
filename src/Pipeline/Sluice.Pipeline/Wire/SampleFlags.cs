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
}
