// SPDX-License-Identifier: Apache-2.0
using Sluice.Bpf.Features;

namespace Sluice.Collector.Tests.Doctor;

/// <summary>Kernels that do not exist.</summary>
internal static class KernelFeaturesSample
{
    /// <summary>One where every trial ended alike.</summary>
    public static KernelFeatures All(FeatureProbe probe) => new()
    {
        Libbpf = probe,
        Btf = probe,
        RingBuffer = probe,
        PerfEventArray = probe,
        Uprobes = probe,
        UprobeCookie = probe,
        UprobeMulti = probe,
        FetchingAtomics = probe,
        Loop = probe,
        Dynptr = probe,
        Kprobe = probe,
        Fentry = probe,
        BtfTracepoint = probe,
        RawTracepoint = probe,
        Tracepoint = probe,
        Tcx = probe,
        Clsact = probe,
        CgroupSkb = probe,
        Sockops = probe,
    };
}
