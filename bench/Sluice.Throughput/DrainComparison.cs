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
internal sealed class DrainComparison
{
    // The runtime compiles the drain loop twice; after some 40 rounds nothing changes any more.
    private const int WarmUpRounds = 60;

    // Where the kernel happens to put two buffers in memory favours one of them by up to a quarter, for as long as they live: so
    // they are made anew every few rounds.
    private const int RoundsPerPlacement = 10;

    // The product's default. Filling takes the kernel 4 µs a record, because libbpf asks for a wake-up each: a larger one only costs time.
    private const int PerfPagesPerCpu = CaptureOptions.DefaultMapSizePages;

    // 16 MiB: past the L2 cache, as a ring under load is, and small enough for hundreds of rounds.
    private static readonly RingPlan s_ring = new(ShardCount: 1, ShardBytes: 16 * 1024 * 1024);

    private readonly List<double> _nativeRates = [];
    private readonly List<double> _managedRates = [];
    private readonly List<double> _ratios = [];
    private readonly bool _usePerf;
    private long _allocatedBytes;
    private int _recordsARound;
    private bool _nativeIsFirst;

    private DrainComparison(bool usePerf) => _usePerf = usePerf;

    /// <summary>Runs on the calling thread, which stays pinned to <paramref name="cpu"/>.</summary>
    public static DrainFigures Measure(bool usePerf, int rounds, int cpu)
    {
        ThreadPlacement.PinTo(cpu);
        var comparison = new DrainComparison(usePerf);
        comparison.RunPlacement(WarmUpRounds);
        Thread.Sleep(300); // lets the background compiler finish
        comparison.Forget();
        for (int done = 0; done < rounds; done += RoundsPerPlacement)
        {
            comparison.RunPlacement(RoundsPerPlacement);
        }

        return comparison.Figures();
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

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private void RunPlacement(int rounds)
    {
        // A reader keeps its own position and a perf event array has one reader, so each side has a buffer of its own.
        using var first = new Generator(_usePerf, s_ring);
        using var second = new Generator(_usePerf, s_ring);
        _nativeIsFirst = !_nativeIsFirst;
        (Generator nativeGenerator, Generator managedGenerator) = _nativeIsFirst ? (first, second) : (second, first);
        if (_usePerf)
        {
            using NativeDrain native = NativeDrain.OpenPerf(nativeGenerator.PerfArray.Fd, PerfPagesPerCpu);
            using var reader = new PerfReader(managedGenerator.PerfArray, PerfPagesPerCpu, ReaderOptions.Default);
            Compare(rounds, new DrainSide(nativeGenerator, native.DrainOnce), new DrainSide(managedGenerator, () => Drain(reader)));
        }
        else
        {
            using NativeDrain native = NativeDrain.OpenRing(nativeGenerator.Shards[0].Fd);
            using var reader = new RingbufReader(managedGenerator.Shards, ReaderOptions.Default, control: null);
            Compare(rounds, new DrainSide(nativeGenerator, native.DrainOnce), new DrainSide(managedGenerator, () => Drain(reader)));
        }
    }

    private void Compare(int rounds, DrainSide native, DrainSide managed)
    {
        // Touches every page of both buffers and maps it into this process.
        _ = native.Round();
        _ = managed.Round();
        long allocatedBefore = managed.AllocatedBytes;
        for (int i = 0; i < rounds; i++)
        {
            bool nativeFirst = i % 2 == 0;
            double first = nativeFirst ? native.Round() : managed.Round();
            double second = nativeFirst ? managed.Round() : native.Round();
            (double nativeRate, double managedRate) = nativeFirst ? (first, second) : (second, first);
            _nativeRates.Add(nativeRate);
            _managedRates.Add(managedRate);
            _ratios.Add(managedRate / nativeRate);
        }

        _allocatedBytes += managed.AllocatedBytes - allocatedBefore;
        _recordsARound = managed.RecordsARound;
    }

    private void Forget()
    {
        _nativeRates.Clear();
        _managedRates.Clear();
        _ratios.Clear();
        _allocatedBytes = 0;
    }

    private DrainFigures Figures()
    {
        int rounds = _ratios.Count;
        return new DrainFigures(
            _usePerf ? "perf" : "ringbuf", rounds, _recordsARound, Median(_nativeRates), Median(_managedRates), Median(_ratios),
            (double)_allocatedBytes / ((long)rounds * _recordsARound));
    }
}
