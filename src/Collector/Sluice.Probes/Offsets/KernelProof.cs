// SPDX-License-Identifier: Apache-2.0
using System;

namespace Sluice.Probes.Offsets;

/// <summary>What is known to be right of a row of kernel offsets; mirrors <c>enum sluice_proof</c> in bpf/include/event.h.</summary>
[Flags]
internal enum KernelProof : uint
{
    None = 0,

    /// <summary>Tasks, files, and the addresses, states and errors of sockets.</summary>
    Sockets = 1,

    /// <summary>The bytes that a TCP connection carried.</summary>
    Traffic = 2,

    All = Sockets | Traffic,
}
