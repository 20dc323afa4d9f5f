// SPDX-License-Identifier: Apache-2.0
namespace Sluice.Pipeline.Wire;

/// <summary>Which way found the socket of a call; mirrors <c>enum sluice_address_source</c> in bpf/include/event.h.</summary>
public enum AddressSource : byte
{
    None = 0,
    Bio = 1,
    SetFd = 2,
    NestedIo = 3,
}
