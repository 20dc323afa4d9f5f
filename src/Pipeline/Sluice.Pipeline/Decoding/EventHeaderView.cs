// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Pipeline.Wire;

namespace Sluice.Pipeline.Decoding;

/// <summary>
/// The head that every sample has, read in place. Lives as long as the sample it was made from; copies nothing, allocates nothing.
/// </summary>
public readonly ref struct EventHeaderView
{
    private readonly ref readonly EventHeader _header;
    private readonly ReadOnlySpan<byte> _sample;

    private EventHeaderView(ref readonly EventHeader header, ReadOnlySpan<byte> sample)
    {
        _header = ref header;
        _sample = sample;
    }

    public EventKind Kind => Unaligned.Read(in _header.Kind);

    public SampleFlags Flags => Unaligned.Read(in _header.Flags);

    /// <summary>CLOCK_MONOTONIC nanoseconds.</summary>
    public ulong KtimeNs => Unaligned.Read(in _header.KtimeNs);

    public uint Tgid => Unaligned.Read(in _header.Tgid);

    public uint Tid => Unaligned.Read(in _header.Tid);

    public uint Uid => Unaligned.Read(in _header.Uid);

    public ushort Cpu => Unaligned.Read(in _header.Cpu);

    /// <summary>Which capture module of the run, from 0.</summary>
    public ushort Module => Unaligned.Read(in _header.Module);

    public ulong CpuSequence => Unaligned.Read(in _header.CpuSequence);

    public ulong CgroupId => Unaligned.Read(in _header.CgroupId);

    /// <summary>The process name up to its NUL. Bytes of the process's choice: not always UTF-8.</summary>
    public ReadOnlySpan<byte> Comm => UpToNul(_header.Comm);

    /// <summary>The whole sample as the header's size gives it: padding that a perf record carries behind it is cut off.</summary>
    public ReadOnlySpan<byte> Sample => _sample;

    /// <summary>False when <paramref name="sample"/> is shorter than a header, or than the size its header gives. Never throws, never reads past it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParse(ReadOnlySpan<byte> sample, out EventHeaderView view)
    {
        if (sample.Length >= EventHeader.SizeInBytes)
        {
            // The length check above is the one bounds check of every property: the struct lies inside the span.
            ref readonly EventHeader header = ref Unsafe.As<byte, EventHeader>(ref MemoryMarshal.GetReference(sample));
            uint size = Unaligned.Read(in header.Size);
            if (size >= EventHeader.SizeInBytes && size <= (uint)sample.Length)
            {
                view = new EventHeaderView(in header, sample[..(int)size]);
                return true;
            }
        }

        view = default;
        return false;
    }

    internal static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }
}
