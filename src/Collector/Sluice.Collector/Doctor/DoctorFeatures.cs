// SPDX-License-Identifier: Apache-2.0
using System.Collections.Generic;
using Sluice.Bpf.Features;

namespace Sluice.Collector.Doctor;

/// <summary>The features of a kernel by the names that the report gives them.</summary>
internal static class DoctorFeatures
{
    public static IReadOnlyList<(string Name, FeatureProbe Feature)> List(KernelFeatures features) =>
    [
        ("btf", features.Btf),
        ("libbpf", features.Libbpf),
        ("uprobes", features.Uprobes),
        ("uprobe_multi", features.UprobeMulti),
        ("uprobe_cookie", features.UprobeCookie),
        ("ring_buffer", features.RingBuffer),
        ("perf_event_array", features.PerfEventArray),
        ("fetching_atomics", features.FetchingAtomics),
        ("bpf_loop", features.Loop),
        ("dynptr", features.Dynptr),
        ("kprobe", features.Kprobe),
        ("fentry", features.Fentry),
        ("tp_btf", features.BtfTracepoint),
        ("raw_tp", features.RawTracepoint),
        ("tracepoint", features.Tracepoint),
        ("tcx", features.Tcx),
        ("clsact", features.Clsact),
        ("cgroup_skb", features.CgroupSkb),
        ("sockops", features.Sockops),
    ];
}
