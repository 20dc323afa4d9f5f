// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>What a sample is; mirrors <c>enum sluice_event_kind</c> in bpf/include/event.h.</summary>
public enum EventKind : ushort
{
    None = 0,
    TlsData = 1,
    CaptureLoss = 2,
    Connection = 3,
}
