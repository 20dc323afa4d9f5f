// SPDX-License-Identifier: Apache-2.0
using System;
using BenchmarkDotNet.Attributes;
using Sluice.Throughput;

namespace Sluice.Benchmarks;

/// <summary>
/// Draining a full ring of 128-byte records over fake memory: the mechanism alone. An operation is one record. The comparison with libbpf, on
/// a real ring, is <c>Sluice.Throughput drain</c>.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class DrainBenchmarks
{
    private const int RingBytes = 4 * 1024 * 1024;
    private const int RecordBytes = 128;
    private const int RingbufRecords = RingBytes / 136; // 8 bytes of header
    private const int PerfRecords = RingBytes / 144; // 12 bytes of header and length, 4 of padding

    private readonly byte[] _record = new byte[RecordBytes];
    private readonly FakeRingbuf _ringbuf = new(RingBytes);
    private readonly FakePerfBuffer _perf = new(RingBytes);

    [IterationSetup(Target = nameof(RingDrain))]
    public void FillRingbuf() => _ringbuf.Fill(_record);

    [IterationSetup(Target = nameof(PerfDrain))]
    public void FillPerf() => _perf.Fill(_record);

    [Benchmark(OperationsPerInvoke = RingbufRecords)]
    public long RingDrain()
    {
        var handler = default(CountingHandler);
        _ringbuf.Ring.Drain(0, ref handler);
        return Check(handler, RingbufRecords);
    }

    [Benchmark(OperationsPerInvoke = PerfRecords)]
    public long PerfDrain()
    {
        var handler = default(CountingHandler);
        _perf.Ring.Drain(0, ref handler);
        return Check(handler, PerfRecords);
    }

    private static long Check(CountingHandler handler, int expected) =>
        handler.Records == expected ? handler.Bytes : throw new InvalidOperationException($"Drained {handler.Records} of {expected} records.");
}
