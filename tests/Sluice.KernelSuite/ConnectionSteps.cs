// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.KernelSuite;

/// <summary>The module <c>connections</c> by each of its plans: 1000 short connections, curl and nc, with the right processes and byte counts.</summary>
internal static class ConnectionSteps
{
    private const string Family = "connections_kern";
    private const int Connections = 1000;

    // Of the variants only the programs differ, not what they are attached to. In the short run of all.
    private const int ConnectionsOfVariant = 100;

    // In the order in which the module tries them: withholding those before makes it take the next.
    private static readonly (string Plan, KernelFeature Needs)[] s_plans =
    [
        ("fentry", KernelFeature.Fentry),
        ("kprobe", KernelFeature.Kprobe),
        ("tracepoint", KernelFeature.SystemCallTracepoint),
        ("raw_tp", KernelFeature.RawTracepoint),
    ];

    private const int UdpFlows = 100;

    // In the order in which the module tries them; they differ in what tells of a socket's user where no peer is named.
    private static readonly (string Plan, KernelFeature Needs)[] s_udpPlans =
    [
        ("socket-tracepoints", KernelFeature.SocketTracepoint),
        ("fentry", KernelFeature.Fentry),
        ("kprobe", KernelFeature.Kprobe),
        ("cgroup", KernelFeature.CgroupBpf),
    ];

    public static IEnumerable<Step> All(SuiteSetting setting)
    {
        BytecodeVariant core = setting.Variants.First(variant => variant.Name == "core");
        for (int i = 0; i < s_plans.Length; i++)
        {
            (string plan, KernelFeature needs) = s_plans[i];
            string without = string.Join(',', s_plans.Take(i).Select(earlier => earlier.Plan));
            yield return new Step("connections", core.Name, plan, () => Capture(setting, core, without, plan, setting.IsQuick ? ConnectionsOfVariant : Connections)) { Needs = [needs], IsQuick = i is 0 or 3 };
        }

        foreach (BytecodeVariant variant in setting.Variants.Where(variant => variant != core))
        {
            yield return new Step("connections", variant.Name, "first plan that works", () => Capture(setting, variant, "", "", ConnectionsOfVariant));
        }

        foreach (Step step in Udp(setting, core))
        {
            yield return step;
        }
    }

    private static IEnumerable<Step> Udp(SuiteSetting setting, BytecodeVariant core)
    {
        for (int i = 0; i < s_udpPlans.Length; i++)
        {
            (string plan, KernelFeature needs) = s_udpPlans[i];
            string without = string.Join(',', s_udpPlans.Take(i).Select(static before => before.Plan));
            yield return new Step("connections", core.Name, "udp: " + plan, () => CaptureUdp(setting, core, "ringbuf", without, plan)) { Needs = [KernelFeature.CgroupBpf, KernelFeature.RingBuffer, needs], IsQuick = i == 3 };
        }

        foreach (BytecodeVariant variant in setting.Variants.Where(variant => variant.Name == "noncore"))
        {
            yield return new Step("connections", variant.Name, "udp: first plan that works", () => CaptureUdp(setting, variant, "perf", "", "")) { Needs = [KernelFeature.CgroupBpf] };
        }
    }

    /// <summary>Both ends of short flows over IPv4 and IPv6, of connected sockets and others.</summary>
    private static string CaptureUdp(SuiteSetting setting, BytecodeVariant variant, string transport, string without, string plan)
    {
        // Emulated, the many programs take seconds to detach.
        using SuiteCapture capture = SuiteCapture.StartWithout(setting, variant, without, "connections", "--transport", transport, "--drain-timeout", "60s");
        var load = new UdpLoad();
        foreach (IPAddress address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using UdpServer server = UdpServer.Start(setting.Workspace, address, 2 * UdpFlows);
            for (int i = 0; i < UdpFlows; i++)
            {
                load.Exchange(server, isConnected: i % 2 == 0, i * 37 % 5000, 20_000);
            }

            server.WaitForEnd();
        }

        Ledger ledger = capture.Stop();
        load.Check(capture.Events("network.connection"));
        Assert.Equal(0, ledger.KernelLost);
        Assert.Matches($"udp.* by {(plan.Length == 0 ? "\\S+" : plan)} with ", capture.Diagnostics);
        capture.AssertUsed(variant.FileOf(Family));
        return $"{2 * UdpFlows} flows of IPv4 and IPv6 over {transport}: both ends exact";
    }

    private static string Capture(SuiteSetting setting, BytecodeVariant variant, string without, string plan, int connections)
    {
        using SuiteCapture capture = SuiteCapture.StartWithout(setting, variant, without, "connections");
        using EchoServer server = EchoServer.Start(setting.Workspace, IPAddress.Loopback, connections);
        using EchoServer web = EchoServer.Start(setting.Workspace, IPAddress.Loopback, 1, http: true), echo = EchoServer.Start(setting.Workspace, IPAddress.Loopback, 1);
        var load = new ConnectionLoad();
        for (int i = 0; i < connections; i++)
        {
            load.Exchange(server, i * 37 % 5000);
        }

        (_, int curl) = Command.RunWithPid("curl", "--silent", "--noproxy", "*", $"http://127.0.0.1:{web.EndPoint.Port}/");
        (_, int netcat) = Command.RunWithPid("nc.openbsd", "-N", "127.0.0.1", $"{echo.EndPoint.Port}");
        server.WaitForEnd();
        web.WaitForEnd();
        echo.WaitForEnd();
        Ledger ledger = capture.Stop();

        IReadOnlyList<CapturedEvent> events = capture.Events("network.connection");
        load.Check(events);
        AssertPair(events, web, curl, EchoServer.HttpAnswer.Length);
        AssertPair(events, echo, netcat, EchoServer.AnswerTo(0));
        Assert.Equal(0, ledger.KernelLost);
        capture.AssertUsed($"{(plan.Length == 0 ? "" : $"by {plan} with ")}{variant.FileOf(Family)}");
        return $"{connections} short connections, curl and nc: both ends exact";
    }

    private static void AssertPair(IReadOnlyList<CapturedEvent> events, EchoServer peer, int clientPid, long answer)
    {
        CapturedEvent[] client = [.. events.Where(e => e.Number("network.peer.port") == peer.EndPoint.Port)];
        CapturedEvent[] server = [.. events.Where(e => e.Number("network.local.port") == peer.EndPoint.Port)];
        Assert.Equal([("open", clientPid), ("close", clientPid)], client.Select(e => (e.String("sluice.connection.event")!, e.Pid)));
        Assert.Equal([("accept", peer.Pid), ("close", peer.Pid)], server.Select(e => (e.String("sluice.connection.event")!, e.Pid)));
        Assert.Equal(client[1].Number("sluice.bytes.sent"), server[1].Number("sluice.bytes.received"));
        Assert.Equal((answer, answer), (server[1].Number("sluice.bytes.sent"), client[1].Number("sluice.bytes.received")));
    }
}
