// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Pipeline.Wire;

/// <summary>The head of every sample; mirrors <c>struct sluice_event_header</c> in bpf/include/event.h (64 bytes).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = SizeInBytes)]
public struct EventHeader
{
    public const int SizeInBytes = 64;

    public EventKind Kind;
    public SampleFlags Flags;

    /// <summary>Bytes of the whole sample, this header included.</summary>
    public uint Size;

    /// <summary>CLOCK_MONOTONIC nanoseconds: entry of a transmitting call, return of a receiving one.</summary>
    public ulong KtimeNs;

    public uint Tgid;
    public uint Tid;
    public uint Uid;
    public ushort Cpu;

    /// <summary>Which capture module of the run, from 0: each numbers its samples by itself.</summary>
    public ushort Module;

    public ulong CpuSequence;
    public ulong CgroupId;
    public Comm16 Comm;
}

/// <summary>A process name as the kernel keeps it: up to 15 bytes and a NUL.</summary>
[InlineArray(16)]
public struct Comm16
{
    private byte _first;
}
