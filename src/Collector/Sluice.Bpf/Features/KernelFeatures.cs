// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using Sluice.Bpf.Interop;

namespace Sluice.Bpf.Features;

/// <summary>
/// What this kernel lets this process do, found by trying it rather than by its version: distributions port features back,
/// and containers take them away.
/// </summary>
public sealed partial record KernelFeatures
{
    /// <summary>Where the kernel shows its own types.</summary>
    public const string KernelBtfPath = "/sys/kernel/btf/vmlinux";

    private const string UprobePmuPath = "/sys/bus/event_source/devices/uprobe/type";

    /// <summary>libbpf is there and new enough; without it nothing below can be tried.</summary>
    public required FeatureProbe Libbpf { get; init; }

    /// <summary>The kernel's types are known, so that CO-RE objects can be relocated.</summary>
    public required FeatureProbe Btf { get; init; }

    /// <summary>BPF ring buffers can be made (Linux 5.8).</summary>
    public required FeatureProbe RingBuffer { get; init; }

    /// <summary>Perf event arrays can be made (Linux 4.3).</summary>
    public required FeatureProbe PerfEventArray { get; init; }

    /// <summary>The kernel can probe user-space functions.</summary>
    public required FeatureProbe Uprobes { get; init; }

    /// <summary>Programs can ask for their attach cookie (Linux 5.15).</summary>
    public required FeatureProbe UprobeCookie { get; init; }

    /// <summary>One link can hold many uprobes (Linux 6.6).</summary>
    public required FeatureProbe UprobeMulti { get; init; }

    /// <summary>Atomic operations that give back the old value (Linux 5.12).</summary>
    public required FeatureProbe FetchingAtomics { get; init; }

    /// <summary>bpf_loop() (Linux 5.17).</summary>
    public required FeatureProbe Loop { get; init; }

    /// <summary>Ring buffer records of a length that is known at run time only (Linux 5.19).</summary>
    public required FeatureProbe Dynptr { get; init; }

    /// <summary>Functions of the kernel can be probed.</summary>
    public required FeatureProbe Kprobe { get; init; }

    /// <summary>Functions of the kernel can be probed through BPF trampolines (Linux 5.5).</summary>
    public required FeatureProbe Fentry { get; init; }

    /// <summary>Tracepoints with typed arguments (Linux 5.5).</summary>
    public required FeatureProbe BtfTracepoint { get; init; }

    /// <summary>Tracepoints with raw arguments (Linux 4.17).</summary>
    public required FeatureProbe RawTracepoint { get; init; }

    /// <summary>Tracepoints by their records: tracefs is mounted.</summary>
    public required FeatureProbe Tracepoint { get; init; }

    /// <summary>Programs for packets of an interface, by links (Linux 6.6).</summary>
    public required FeatureProbe Tcx { get; init; }

    /// <summary>Programs for packets of an interface, by filters.</summary>
    public required FeatureProbe Clsact { get; init; }

    /// <summary>Programs for packets of a cgroup, by links (Linux 5.7).</summary>
    public required FeatureProbe CgroupSkb { get; init; }

    /// <summary>Programs for the sockets of a cgroup, by links (Linux 5.7).</summary>
    public required FeatureProbe Sockops { get; init; }

    /// <summary>Tries everything; some system calls and a network namespace that lives for the moment, no lasting effect, no exception for what is missing.</summary>
    /// <param name="btfPath">A BTF file that the user gave in place of the kernel's own.</param>
    public static KernelFeatures Probe(string? btfPath = null)
    {
        string? problem = LibbpfLibrary.Problem;
        FeatureProbe libbpf = problem is null ? new(true, LibbpfLibrary.Describe()) : new(false, problem);
        (FeatureProbe tcx, FeatureProbe clsact) = libbpf.IsAvailable ? PacketTrial.Run() : (libbpf, libbpf);
        return new KernelFeatures
        {
            Libbpf = libbpf,
            Btf = LookForFile(btfPath ?? KernelBtfPath, "CONFIG_DEBUG_INFO_BTF is off, or /sys is not the host's"),
            RingBuffer = With(libbpf, TryRingBuffer),
            PerfEventArray = With(libbpf, static () => TryMap(BpfMapType.PerfEventArray, sizeof(uint), sizeof(uint), 1)),
            Uprobes = LookForFile(UprobePmuPath, "CONFIG_UPROBE_EVENTS is off, or the kernel is older than 4.17"),
            UprobeCookie = With(libbpf, ProgramTrial.Cookie),
            UprobeMulti = With(libbpf, TryUprobeMulti),
            FetchingAtomics = With(libbpf, ProgramTrial.FetchingAtomics),
            Loop = With(libbpf, static () => ProgramTrial.Helper(ProgramTrial.BPF_FUNC_loop, "bpf_loop")),
            Dynptr = With(libbpf, static () => ProgramTrial.Helper(ProgramTrial.BPF_FUNC_ringbuf_reserve_dynptr, "bpf_ringbuf_reserve_dynptr")),
            Kprobe = AttachTrial.Kprobe(),
            Fentry = With(libbpf, AttachTrial.Fentry),
            BtfTracepoint = With(libbpf, AttachTrial.BtfTracepoint),
            RawTracepoint = With(libbpf, AttachTrial.RawTracepoint),
            Tracepoint = AttachTrial.Tracepoint(),
            Tcx = tcx,
            Clsact = clsact,
            CgroupSkb = With(libbpf, AttachTrial.CgroupSkb),
            Sockops = With(libbpf, AttachTrial.Sockops),
        };
    }

    /// <summary>The same as <see cref="RingBuffer"/> of a full <see cref="Probe"/>, without the rest.</summary>
    public static FeatureProbe TryRingBuffer() => TryMap(BpfMapType.RingBuffer, 0, 0, (uint)Environment.SystemPageSize);

    /// <summary>The same as <see cref="UprobeMulti"/> of a full <see cref="Probe"/>, without the rest.</summary>
    public static FeatureProbe TryUprobeMulti() => AttachTrial.UprobeMulti();

    private static FeatureProbe With(FeatureProbe libbpf, Func<FeatureProbe> trial) => libbpf.IsAvailable ? trial() : libbpf;

    private static FeatureProbe TryMap(BpfMapType type, int keySize, int valueSize, uint entries)
    {
        try
        {
            using BpfMap map = BpfMap.Create(type, "sluice_probe", keySize, valueSize, entries);
            return new FeatureProbe(true, "one could be made");
        }
        catch (BpfException e)
        {
            return new FeatureProbe(false, e.Message);
        }
    }

    private static FeatureProbe LookForFile(string path, string reason) =>
        File.Exists(path) ? new FeatureProbe(true, path) : new FeatureProbe(false, path + " is missing: " + reason);
}
