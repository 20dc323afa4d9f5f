// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Bpf;

/// <summary>Turns perf records into a sample handler's calls; lives on the stack for one pass.</summary>
internal ref struct PerfSampleRecords<THandler> : IPerfRecordHandler
    where THandler : struct, ISampleHandler
{
    private readonly ref THandler _handler;
    private int _samples;

    public PerfSampleRecords(ref THandler handler) => _handler = ref handler;

    public readonly int Samples => _samples;

    /// <remarks>
    /// PERF_RECORD_SAMPLE with PERF_SAMPLE_RAW alone: u32 size, size bytes (the kernel counts its own padding in).
    /// PERF_RECORD_LOST: u64 event id, u64 lost. Everything else (throttling) says nothing about samples.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool OnRecord(int source, uint type, scoped ReadOnlySpan<byte> body)
    {
        if (type != PerfRing.PERF_RECORD_SAMPLE)
        {
            return type != PerfRing.PERF_RECORD_LOST || OnLostRecord(source, body);
        }

        if (body.Length < sizeof(uint))
        {
            return false;
        }

        uint size = MemoryMarshal.Read<uint>(body);
        if (size > (uint)body.Length - sizeof(uint))
        {
            return false;
        }

        _samples++;
        _handler.OnSample(source, body.Slice(sizeof(uint), (int)size));
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool OnLostRecord(int source, scoped ReadOnlySpan<byte> body)
    {
        if (body.Length < 2 * sizeof(ulong))
        {
            return false;
        }

        _handler.OnLost(source, MemoryMarshal.Read<ulong>(body[sizeof(ulong)..]));
        return true;
    }
}
