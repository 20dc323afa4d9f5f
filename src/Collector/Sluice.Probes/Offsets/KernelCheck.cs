// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Probes.Offsets;

/// <summary>Mirrors <c>struct sluice_kernel_check</c> in bpf/include/event.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
internal struct KernelCheck
{
    public ushort Family;
    public byte Transport;
    public byte State;
    public ushort LocalPort;
    public ushort PeerPort;
    public SixteenBytes LocalAddress;
    public SixteenBytes PeerAddress;
    public SixteenBytes Comm;

    /// <summary>1: the rest means something.</summary>
    public uint Found;

    public int Error;
    public ushort BoundPort;
    public ushort Protocol;
    public uint PeerEnded;
    public uint MaxFds;
    public uint Reserved;
    public ulong BytesSent;
    public ulong BytesRetrans;
    public ulong BytesAcked;
    public ulong BytesReceived;
    public ulong Cookie;

    [InlineArray(16)]
    internal struct SixteenBytes
    {
        private byte _first;
    }
}
