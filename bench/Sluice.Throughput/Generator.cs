// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Sluice.Bpf;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;
using Sluice.Probes.OpenSsl;

namespace Sluice.Throughput;

/// <summary>
/// The kernel-side generator (bpf/generator_kern.bpf.c), loaded and ready to run. <see cref="EmitSamples"/> and <see cref="EmitRecords"/> run it on
/// the caller's CPU and thread; one thread at a time. Kernel 5.17.
/// </summary>
internal sealed class Generator : IKernelCounters, IDisposable
{
    public const int MinPayloadBytes = 24;
    public const int MaxPayloadBytes = 16384;
    public const int MaxConnections = 1024;

    /// <summary>Most iterations of one bpf_loop.</summary>
    public const int MaxRun = 1 << 23;

    // The program interrupts nothing and is not preempted by a second one, so one scratch buffer a CPU would do; two leave room for a mistake.
    private const int ScratchPerCpu = 2;

    private readonly BpfObject _object;
    private readonly BpfMap[] _shards;
    private readonly BpfMap _stats;
    private readonly BpfProgram _samples;
    private readonly BpfProgram _records;

    /// <param name="usePerf">Perf buffers instead of a ring buffer.</param>
    /// <param name="plan">The rings; with perf buffers of no meaning.</param>
    /// <exception cref="BpfException">The kernel refuses: no privilege, or older than 5.17.</exception>
    public Generator(bool usePerf, RingPlan plan)
    {
        string path = Path.Combine(RepositoryFiles.Artifacts, "bpf", Bytecode.Machine, "generator_kern_core.o");
        _object = BpfObject.Open(File.ReadAllBytes(path), "generator");
        _shards = usePerf ? [] : new BpfMap[plan.ShardCount];
        try
        {
            _object.Map("scratch_pool").MaxEntries = (uint)(BpfMap.PossibleCpus * ScratchPerCpu);
            _object.SetConstant("config", new ProgramConfig
            {
                Transport = usePerf ? 1u : 0u,
                ShardMask = (uint)plan.ShardCount - 1,
                ScratchPerCpu = ScratchPerCpu,
            });
            _object.Load();
            CreateShards(plan.ShardBytes);
            FillText(_object.Map("payload_text"));
        }
        catch
        {
            Dispose();
            throw;
        }

        _stats = _object.Map("stats");
        _samples = _object.Program("generate_samples");
        _records = _object.Program("generate_records");
    }

    /// <summary>The ring shards; none with perf buffers.</summary>
    public IReadOnlyList<BpfMap> Shards => _shards;

    public BpfMap PerfArray => _object.Map("events");

    public BpfMap Control => _object.Map("control");

    /// <summary>Makes numbered TLS samples and returns how many had room; the rest is counted as lost.</summary>
    public int EmitSamples(long firstNumber, int count, int payloadBytes, int connections) =>
        Run(_samples, [(ulong)firstNumber, (ulong)count, (ulong)payloadBytes, (ulong)connections]);

    /// <summary>Makes bare 128-byte records until the buffer is full or <paramref name="count"/> is reached; returns how many.</summary>
    public int EmitRecords(int count) => Run(_records, [0, (ulong)count, 0, 0]);

    public KernelCounts Read()
    {
        KernelCounters sum = CpuStats.Sum(_stats.LookupPerCpu<uint, CpuStats>(0));
        return new KernelCounts(
            (long)sum.Submitted, (long)sum.LostRingFull, (long)sum.LostMapFull, (long)sum.LostNoScratch,
            (long)sum.ReadFaults, (long)sum.CutByLimit, (long)sum.FilteredCalls);
    }

    public void Dispose()
    {
        foreach (BpfMap? shard in _shards)
        {
            shard?.Dispose();
        }

        _object.Dispose();
    }

    private static int Run(BpfProgram program, ReadOnlySpan<ulong> arguments) =>
        (int)program.TestRun(MemoryMarshal.AsBytes(arguments)).ReturnValue;

    private void CreateShards(uint shardBytes)
    {
        BpfMap rings = _object.Map("rings");
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = BpfMap.Create(BpfMapType.RingBuffer, "generator_ring", 0, 0, shardBytes);
            rings.Update((uint)i, _shards[i].Fd);
        }
    }

    private static void FillText(BpfMap map)
    {
        PayloadText text = default;
        SyntheticPayload.Fill(text);
        map.Update(0u, text);
    }

    [InlineArray(MaxPayloadBytes)]
    private struct PayloadText
    {
        private byte _first;
    }
}
