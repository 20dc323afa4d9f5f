// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>What happened to a connection; mirrors <c>enum sluice_connection_action</c> in bpf/include/event.h.</summary>
public enum ConnectionAction : byte
{
    None = 0,

    /// <summary>This side asked for it and has it; UDP: its first packet went out.</summary>
    Open = 1,

    /// <summary>The peer asked for it and a process took it; UDP: its first packet came in.</summary>
    Accept = 2,

    Close = 3,

    /// <summary>This side asked for it in vain.</summary>
    Fail = 4,
}
