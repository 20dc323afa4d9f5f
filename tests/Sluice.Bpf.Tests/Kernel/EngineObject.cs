// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using Sluice.Bpf.Engine;

namespace Sluice.Bpf.Tests.Kernel;

/// <summary>native/engine_test.bpf.c from C#.</summary>
internal static class EngineObject
{
    /// <summary>The order of enum hit.</summary>
    public enum Hit : uint
    {
        Uprobe,
        Kprobe,
        Fentry,
        Tracepoint,
        RawTracepoint,
        BtfTracepoint,
        TcIngress,
        TcEgress,
        CgroupSkb,
        CgroupConnect,
        CgroupSock,
        CgroupSendmsg,
        Sockops,
    }

    public static ConstantEditor Settings(ulong step = 1) =>
        ConstantEditor.Of("settings", new SettingsConstant(step, (uint)Environment.ProcessId, 0));

    public static BpfDeclaration Declare(params IReadOnlyList<Probe> probes) => new()
    {
        Name = "test",
        ObjectName = "engine_test.o",
        Bytecode = KernelTest.ReadObject("engine_test"),
        Probes = probes,
        ActivatedProbes = probes.Count == 0 ? [] : [new AttachPlan("all", [new AttachAlternative("only", [.. Ids(probes)])])],
        ConstantEditors = [Settings()],
    };

    public static ulong Count(this BpfSession session, Hit hit) =>
        session.Map("hits").TryLookup((uint)hit, out ulong count) ? count : throw new InvalidOperationException("The array has no such entry.");

    private static IEnumerable<string> Ids(IReadOnlyList<Probe> probes)
    {
        foreach (Probe probe in probes)
        {
            yield return probe.Id;
        }
    }

    /// <summary>Mirrors struct settings of native/engine_test.bpf.c.</summary>
    private readonly record struct SettingsConstant(ulong Step, uint Pid, uint Reserved);
}
