// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Bpf;

/// <summary>Which packets of a network interface.</summary>
public enum PacketDirection
{
    /// <summary>Those that arrive.</summary>
    Ingress = 1,

    /// <summary>Those that leave.</summary>
    Egress = 2,
}
