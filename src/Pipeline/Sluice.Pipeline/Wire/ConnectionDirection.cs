// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>Which side asked for a connection; mirrors <c>enum sluice_connection_direction</c> in bpf/include/event.h.</summary>
public enum ConnectionDirection : byte
{
    /// <summary>It was there before the capture.</summary>
    Unknown = 0,

    Outbound = 1,
    Inbound = 2,
}
