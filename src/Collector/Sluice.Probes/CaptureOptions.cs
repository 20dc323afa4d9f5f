// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Features;
using Sluice.Bpf.Selection;

namespace Sluice.Probes;

/// <summary>What a module is asked to capture and how. The collector's own process is always left out, whatever is asked.</summary>
public sealed record CaptureOptions
{
    /// <summary>Pages per CPU of the perf buffers, and at least so many of the rings together (<see cref="RingPlan"/>), when nothing else is asked; as in the reference.</summary>
    public const int DefaultMapSizePages = 1024;

    /// <summary>Twice the time for which firewalls keep a flow with one datagram, half of that for which they keep one with answers.</summary>
    public static readonly TimeSpan DefaultUdpIdle = TimeSpan.FromSeconds(60);

    /// <summary>Process ids (as the host sees them) that are captured; empty = all.</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>User ids that are captured; empty = all.</summary>
    public IReadOnlyList<uint> Uids { get; init; } = [];

    /// <summary>Directories in cgroup v2 whose processes, subtree included, are captured; empty = all.</summary>
    public IReadOnlyList<string> CgroupPaths { get; init; } = [];

    /// <summary>
    /// The three filters above may be replaced while the capture runs (<see cref="ICaptureModule.ReplaceFilters"/>). Every process's libraries are then tapped, also
    /// those of processes that the filters leave out now.
    /// </summary>
    public bool FiltersMayChange { get; init; }

    /// <summary>Libraries or executables to tap instead of those found by discovery; empty = discovery.</summary>
    public IReadOnlyList<string> LibraryPaths { get; init; } = [];

    /// <summary>The wanted transport.</summary>
    public CaptureTransport Transport { get; init; } = CaptureTransport.Auto;

    /// <summary>Pages per CPU, a power of two; null leaves it to the transport.</summary>
    public int? MapSizePages { get; init; }

    /// <summary>Bytes of one call that are captured; 0 = all of them.</summary>
    public ulong PayloadLimitBytes { get; init; }

    /// <summary>A UDP flow has ended when no datagram has passed for so long.</summary>
    public TimeSpan UdpIdle { get; init; } = DefaultUdpIdle;

    /// <summary>BTF to relocate against instead of the kernel's own; null = <c>/sys/kernel/btf/vmlinux</c>.</summary>
    public string? BtfFile { get; init; }

    /// <summary>The wanted flavour of bytecode.</summary>
    public BytecodeMode Bytecode { get; init; } = BytecodeMode.Auto;

    /// <summary>The kernel's version in place of what it says itself; null = what it says.</summary>
    public KernelVersion? KernelVersion { get; init; }

    /// <summary>Which module of the run this is, from 0 to 15: it stands in every sample, because each module numbers its samples by itself.</summary>
    public uint ModuleIndex { get; init; }

    /// <summary>Kernel features to do without.</summary>
    public WithheldFeatures Without { get; init; }
}
