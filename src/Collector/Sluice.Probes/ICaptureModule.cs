// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf;
using Sluice.Bpf.Engine;
using Sluice.Bpf.Selection;

namespace Sluice.Probes;

/// <summary>
/// One capture module: its BPF object, its targets and its maps. The host calls, on one thread and in this order,
/// <see cref="Load"/>, <see cref="Attach"/>, <see cref="Detach"/>, <see cref="IDisposable.Dispose"/>, and reads the rings in between.
/// </summary>
/// <remarks>
/// The maps and the control page stay valid until <see cref="IDisposable.Dispose"/>, so the rings can be drained, and the counters read, after
/// <see cref="Detach"/>. Disposing detaches first when that was not done.
/// </remarks>
public interface ICaptureModule : IDisposable
{
    /// <summary>The module's name on the command line, such as <c>tls</c>.</summary>
    string Name { get; }

    /// <summary>The transport that was chosen; <see cref="CaptureTransport.Auto"/> before <see cref="Load"/>.</summary>
    CaptureTransport Transport { get; }

    /// <summary>The ring buffer shards; empty with perf.</summary>
    IReadOnlyList<BpfMap> RingShards { get; }

    /// <summary>The perf event array; null with the ring buffer.</summary>
    BpfMap? PerfEvents { get; }

    /// <summary>The word page shared between reader and programs (<c>struct sluice_control</c>); null when the transport has none.</summary>
    MappedMemory? Control { get; }

    /// <summary>The build of the object that was chosen, and why; null before <see cref="Load"/>.</summary>
    BytecodeChoice? Bytecode { get; }

    /// <summary>Which way of attaching was chosen for each job, and why the others were not; empty before <see cref="Load"/>.</summary>
    IReadOnlyList<PlanOutcome> Plans { get; }

    /// <summary>Opens the object, edits its constants and maps, and loads it. Blocks for as long as the verifier needs.</summary>
    /// <exception cref="VerifierException">The kernel refused a program.</exception>
    /// <exception cref="BpfException">Privilege or a kernel feature is missing; names the call and errno.</exception>
    void Load(CaptureOptions options);

    /// <summary>
    /// Attaches to every target that exists now, and starts following those that appear later. When it returns, calls made from now on are captured.
    /// </summary>
    /// <param name="onTrackerFailed">
    /// Called once, from another thread, when following new targets has ended by an error: from then on the capture is incomplete and the host must stop.
    /// </param>
    /// <returns>Files with probes on them; 0 when no target exists yet, null for a module whose only target is the kernel.</returns>
    /// <exception cref="BpfException">The kernel refused the probes.</exception>
    int? Attach(Action<Exception> onTrackerFailed);

    /// <summary>
    /// Puts the filters of <paramref name="options"/> in the place of those that hold, while events flow: what passes both is captured all the time. Between
    /// <see cref="Load"/> and <see cref="Detach"/>, with <see cref="CaptureOptions.FiltersMayChange"/>.
    /// </summary>
    /// <exception cref="BpfException">They do not fit, a cgroup does not exist, or the kernel refused. The old ones hold on.</exception>
    void ReplaceFilters(CaptureOptions options);

    /// <summary>Stops following new targets and removes every probe. When it returns no program submits any more. Idempotent.</summary>
    void Detach();

    /// <summary>Sums the per-CPU counters. May be called at any time between <see cref="Load"/> and Dispose, from any thread.</summary>
    KernelCounters ReadCounters();
}
