// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>Mirrors <c>enum sluice_direction</c> in bpf/include/event.h.</summary>
public enum TrafficDirection : byte
{
    Unknown = 0,
    Transmit = 1,
    Receive = 2,
}
