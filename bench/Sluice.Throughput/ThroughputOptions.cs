// SPDX-License-Identifier: Apache-2.0
using System;
using System.Numerics;
using Sluice.Probes;

namespace Sluice.Throughput;

/// <summary>One run of generator, pipeline and sink.</summary>
internal sealed record ThroughputOptions
{
    /// <summary>In the warm-up the rate is divided by this.</summary>
    public const int WarmUpShare = 10;

    // Of a perf record: its header, the length, and padding. A ring record has 8 bytes and padding.
    private const int RecordOverheadBytes = 24;

    /// <summary>
    /// Load before the one that is measured, for the runtime to compile what runs: at the full rate from the first moment, the encoders'
    /// unoptimised code falls half a second behind. Its samples are in all sums, but not in rate, latencies and CPU time.
    /// </summary>
    public static TimeSpan WarmUp { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Sink URIs.</summary>
    public required string[] Sinks { get; init; }

    /// <summary>Samples a second; 0 = as many as the reader follows.</summary>
    public required int Rate { get; init; }

    public required int PayloadBytes { get; init; }

    public required TimeSpan Duration { get; init; }

    public required bool UsePerf { get; init; }

    /// <summary>Pages per CPU, as in <c>sluice capture</c>: the size of each perf buffer; the rings together have as much as all of these. Null takes its default.</summary>
    public required int? MapSizePages { get; init; }

    /// <summary>Pages of each perf buffer.</summary>
    public int PerfPagesPerCpu => MapSizePages ?? CaptureOptions.DefaultMapSizePages;

    /// <summary>The rings, planned as for a capture.</summary>
    public RingPlan Rings => RingPlan.For(Environment.ProcessorCount, MapSizePages, Environment.SystemPageSize);

    public required int Connections { get; init; }

    /// <summary>With <see cref="Rate"/> 0: do not wait for the reader, so that the kernel has to refuse samples.</summary>
    public required bool Overrun { get; init; }

    /// <summary>Bytes that the generator's thread can fill.</summary>
    public long BufferBytes => UsePerf ? (long)PerfPagesPerCpu * Environment.SystemPageSize : (long)Rings.ShardCount * Rings.ShardBytes;

    /// <summary>Bytes that one sample takes there.</summary>
    public int SampleBytesInBuffer => Sluice.Pipeline.Wire.TlsDataHeader.SizeInBytes + PayloadBytes + RecordOverheadBytes;

    /// <summary>What is wrong with the options, for the user; null when nothing is.</summary>
    public string? FindProblem()
    {
        if (PayloadBytes is < Generator.MinPayloadBytes or > Generator.MaxPayloadBytes)
        {
            return $"--size must be {Generator.MinPayloadBytes} to {Generator.MaxPayloadBytes}.";
        }

        if (Connections is < 1 or > Generator.MaxConnections)
        {
            return $"--connections must be 1 to {Generator.MaxConnections}.";
        }

        if (!BitOperations.IsPow2(PerfPagesPerCpu))
        {
            return "--mapsize must be a power of two.";
        }

        return Duration > TimeSpan.Zero && Rate >= 0 ? null : "--duration must be above zero and --rate not below.";
    }
}
