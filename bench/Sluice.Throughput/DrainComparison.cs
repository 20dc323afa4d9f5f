// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Sluice.Bpf;
using Sluice.Probes;

namespace Sluice.Throughput;

/// <summary>
/// Our drain against libbpf's: the kernel fills a buffer with 128-byte records while nobody reads, then one side empties it and is
/// timed. Both sides work on the same thread, by the same clock, in alternating order; the ratio is taken per round.
/// </summary>
internal static class DrainComparison
{
    // The runtime compiles the drain loop twice; after some 40 rounds nothing changes any more.
    private const int WarmUpRounds = 60;

    // 16 MiB: past the L2 cache, as a ring under load is, and small enough for hundreds of rounds.
    private const int PerfPagesPerCpu = 4096;

    private static readonly RingPlan s_ring = new(ShardCount: 1, ShardBytes: 16 * 1024 * 1024);

    /// <summary>Runs on the calling thread, which stays pinned to <paramref name="cpu"/>.</summary>
    public static DrainFigures Measure(bool usePerf, int rounds, int cpu)
    {
        ThreadPlacement.PinTo(cpu);
        // A reader keeps its own position and a perf event array has one reader, so each side has a buffer of its own.
        using var nativeGenerator = new Generator(usePerf, s_ring);
        using var managedGenerator = new Generator(usePerf, s_ring);
        using NativeDrain native = usePerf
            ? NativeDrain.OpenPerf(nativeGenerator.PerfArray.Fd, PerfPagesPerCpu)
            : NativeDrain.OpenRing(nativeGenerator.Shards[0].Fd);
        var nativeSide = new DrainSide(nativeGenerator, native.DrainOnce);
        if (usePerf)
        {
            using var reader = new PerfReader(managedGenerator.PerfArray, PerfPagesPerCpu, new ReaderOptions());
            return Compare("perf", rounds, nativeSide, new DrainSide(managedGenerator, () => Drain(reader)));
        }

        using var ringReader = new RingbufReader(managedGenerator.Shards, new ReaderOptions(), control: null);
        return Compare("ringbuf", rounds, nativeSide, new DrainSide(managedGenerator, () => Drain(ringReader)));
    }

    private static long Drain(RingbufReader reader)
    {
        var handler = default(CountingHandler);
        while (reader.DrainOnce(ref handler) > 0)
        {
        }

        return handler.Records;
    }

    private static long Drain(PerfReader reader)
    {
        var handler = default(CountingHandler);
        while (reader.DrainOnce(ref handler) > 0)
        {
        }

        return handler.Records;
    }

    private static DrainFigures Compare(string transport, int rounds, DrainSide native, DrainSide managed)
    {
        for (int i = 0; i < WarmUpRounds; i++)
        {
            _ = native.Round();
            _ = managed.Round();
        }

        Thread.Sleep(300); // lets the background compiler finish
        var nativeRates = new List<double>(rounds);
        var managedRates = new List<double>(rounds);
        var ratios = new List<double>(rounds);
        long allocatedBefore = managed.AllocatedBytes;
        for (int i = 0; i < rounds; i++)
        {
            bool nativeFirst = i % 2 == 0;
            double first = nativeFirst ? native.Round() : managed.Round();
            double second = nativeFirst ? managed.Round() : native.Round();
            (double nativeRate, double managedRate) = nativeFirst ? (first, second) : (second, first);
            nativeRates.Add(nativeRate);
            managedRates.Add(managedRate);
            ratios.Add(managedRate / nativeRate);
        }

        long allocated = managed.AllocatedBytes - allocatedBefore;
        return new DrainFigures(
            transport, rounds, managed.RecordsARound, Median(nativeRates), Median(managedRates), Median(ratios),
            (double)allocated / ((long)rounds * managed.RecordsARound));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
