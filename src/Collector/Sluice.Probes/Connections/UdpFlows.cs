// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Extensions.Logging;
using Sluice.Bpf;
using Sluice.Bpf.Engine;

namespace Sluice.Probes.Connections;

/// <summary>
/// Ends the UDP flows whose socket was closed or that have been silent for long: the programs count datagrams, but no datagram tells that it was the last.
/// A thread walks the flows from time to time and has the program <c>udp_end</c> judge and report those that may be over.
/// </summary>
/// <remarks>Only <c>udp_end</c> removes a flow, under its lock; what is read here while programs go on writing decides nothing.</remarks>
internal sealed class UdpFlows : ModuleTargets
{
    /// <summary>A closed socket can be given datagrams until the kernel has unhashed it, which it does next; this is some thousand times as long.</summary>
    private const ulong ReleaseGraceNs = 100_000_000;

    /// <summary>An end is told this much later at most. A walk over few flows takes less than a millisecond.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Walks over very many flows are made so seldom that they take a twentieth of a CPU.</summary>
    private const int RestPerWork = 20;

    // The packet of a test run begins with an Ethernet header, which is taken off before the program sees it.
    private const int EthernetHeaderBytes = 14;

    private readonly BpfHashMap<UdpKey, UdpFlow> _flows;
    private readonly BpfHashMap<ulong, ulong> _released;
    private readonly BpfMap _sockets;
    private readonly BpfMap _clock;
    private readonly BpfProgram _end;
    private readonly ulong _idleNs;
    private readonly byte[] _packet = new byte[EthernetHeaderBytes + Marshal.SizeOf<UdpEnding>()];
    private readonly ManualResetEventSlim _stop = new();
    private Thread? _thread;
    private Action<Exception>? _onFailed;

    private UdpFlows(BpfSession session, string endProgram, TimeSpan idle)
    {
        _flows = new BpfHashMap<UdpKey, UdpFlow>(session.Map("udp_flows"));
        _released = new BpfHashMap<ulong, ulong>(session.Map("udp_released"));
        _sockets = session.Map("udp_sockets");
        _clock = session.Map("udp_clock");
        _end = session.Program(endProgram);
        _idleNs = (ulong)(idle.TotalMilliseconds * 1e6);
    }

    /// <summary>Where the programs of UDP are attached. Where there is no cgroup v2 the kernel says so, when they are tried there.</summary>
    public static string RootCgroup { get; } = CgroupDirectory.FindMount() ?? "/sys/fs/cgroup";

    /// <summary>Null when this kernel accepts no way to follow UDP: then there is a warning.</summary>
    /// <param name="session">Loaded.</param>
    /// <param name="flavour">Of its programs.</param>
    /// <param name="options">What is captured.</param>
    /// <param name="logger">Told what cannot be seen.</param>
    public static UdpFlows? TryOpen(BpfSession session, ProgramFlavour flavour, CaptureOptions options, ILogger logger)
    {
        PlanOutcome plan = session.Plans.Single(static plan => plan.Plan == ConnectionsDeclaration.Udp);
        if (plan.Chosen is null)
        {
            ConnectionsLog.NoUdp(logger, plan.Refusals[^1].ToString());
            return null;
        }

        if (!CgroupDirectory.IsRoot(RootCgroup))
        {
            ConnectionsLog.UdpOfContainer(logger, RootCgroup);
        }

        return new UdpFlows(session, ConnectionsDeclaration.UdpEndOf(flavour), options.UdpIdle);
    }

    /// <summary>Everything is attached: from now on no datagram goes unseen. Starts the thread.</summary>
    /// <param name="onFailed">Called from the thread when it ends by an error: flows have no end any more.</param>
    /// <returns>Null: it follows what the programs keep.</returns>
    public override int? Attach(Action<Exception> onFailed)
    {
        _clock.TryLookup(0u, out UdpClock clock);
        _clock.Update(0u, clock with { AttachedNs = NowNs() });
        _onFailed = onFailed;
        _thread = new Thread(Run) { Name = "sluice-udp", IsBackground = true };
        _thread.Start();
        return null;
    }

    /// <summary>Stops the thread and reports the ends that are due. The programs are detached, so that nothing happens any more. Idempotent.</summary>
    public override void Finish()
    {
        if (_thread is { } thread)
        {
            _stop.Set();
            thread.Join();
            _thread = null;
            _ = TryWalk(graceNs: 0);
        }
    }

    /// <summary>Stops the thread without a last look.</summary>
    public override void Dispose()
    {
        _stop.Set();
        _thread?.Join();
        _stop.Dispose();
    }

    private static ulong NowNs() => (ulong)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private void Run()
    {
        TimeSpan rest = s_interval;
        while (!_stop.Wait(rest))
        {
            long started = Stopwatch.GetTimestamp();
            if (!TryWalk(ReleaseGraceNs))
            {
                return;
            }

            TimeSpan work = Stopwatch.GetElapsedTime(started);
            rest = work * RestPerWork > s_interval ? work * RestPerWork : s_interval;
        }
    }

    private bool TryWalk(ulong graceNs)
    {
        try
        {
            Walk(graceNs);
            return true;
        }
        catch (BpfException e)
        {
            _onFailed?.Invoke(e);
            return false;
        }
    }

    private void Walk(ulong graceNs)
    {
        // First the closed sockets: of these no flow can begin any more.
        ulong now = NowNs();
        Dictionary<ulong, ulong> released = _released.ToList().Where(entry => entry.Value + graceNs <= now).ToDictionary();
        foreach ((UdpKey key, UdpFlow flow) in _flows.ToList())
        {
            ulong releasedNs = released.GetValueOrDefault(key.Cookie);
            if (releasedNs != 0 || IsDue(flow.Status, now))
            {
                Judge(new UdpEnding { Key = key, ReleasedNs = releasedNs });
            }
        }

        foreach (ulong cookie in released.Keys)
        {
            _released.Remove(cookie);
            _sockets.Delete(cookie);
        }
    }

    /// <summary>Silent for long, or without a process that may be known by now.</summary>
    private bool IsDue(in UdpStatus flow, ulong now) =>
        flow.LastNs + _idleNs < now || (flow.Announced == 0 && flow.PacketsSent + flow.PacketsReceived > 0);

    private void Judge(in UdpEnding ending)
    {
        MemoryMarshal.Write(_packet.AsSpan(EthernetHeaderBytes), ending);
        _end.TestRunPacket(_packet);
    }
}
