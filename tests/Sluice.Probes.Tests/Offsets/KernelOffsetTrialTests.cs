// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using Sluice.Bpf.Features;
using Sluice.Probes.Offsets;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Probes.Tests.Offsets;

/// <summary>On the real kernel, with the offsets that its own type information gives.</summary>
[Collection(nameof(AloneInTheProcess))]
public sealed class KernelOffsetTrialTests
{
    // Into another field; not by the size of a whole object, whose neighbour in memory may be of the same kind.
    private const int Shift = 24;

    private static readonly Lazy<(string[] Columns, string[] Cells)> s_running = new(ReadRunningKernel);

    public static TheoryData<string> Fields => [.. KernelOffsetTable.BuiltIn.Fields];

    [Fact]
    public void TryFind_RowOfTheRunningKernel_HoldsInEverything()
    {
        SkipUnlessRoot();

        ProvenOffsets found = KernelOffsetTrial.TryFind(KernelVersion.Read(), Table(s_running.Value.Cells));

        Assert.Equal((KernelProof.All, "running", ""), (found.Proof, found.Row?.Configuration, found.Shortcoming));
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public void TryFind_OneFieldElsewhere_DoesNotHold(string field)
    {
        SkipUnlessRoot();
        (string[] columns, string[] cells) = s_running.Value;
        string[] shifted = [.. cells];
        int at = Array.IndexOf(columns, field);
        shifted[at] = (int.Parse(cells[at], CultureInfo.InvariantCulture) + Shift).ToString(CultureInfo.InvariantCulture);

        ProvenOffsets found = KernelOffsetTrial.TryFind(KernelVersion.Read(), Table(shifted));

        // What tells the bytes of a connection may be wrong and the rest be right; nothing else may.
        bool isOfTraffic = field.StartsWith("tcp_", StringComparison.Ordinal) || field == "sock_flags";
        Assert.Equal(isOfTraffic ? KernelProof.Sockets : KernelProof.None, found.Proof);
        Assert.NotEmpty(found.Shortcoming);
    }

    [Fact]
    public void TryFind_SeveralRows_TakesTheOneThatHoldsInMost()
    {
        SkipUnlessRoot();
        (string[] columns, string[] cells) = s_running.Value;
        string[] wrong = With("wrong", cells, Array.IndexOf(columns, "sock_family")), half = With("half", cells, Array.IndexOf(columns, "tcp_bytes_sent"));

        Assert.Equal("running", KernelOffsetTrial.TryFind(KernelVersion.Read(), Table(wrong, half, cells)).Row?.Configuration);
        Assert.Equal("half", KernelOffsetTrial.TryFind(KernelVersion.Read(), Table(wrong, half)).Row?.Configuration);
        Assert.Null(KernelOffsetTrial.TryFind(KernelVersion.Read(), Table(wrong)).Row);
    }

    private static string[] With(string configuration, string[] cells, int column)
    {
        string[] changed = [.. cells];
        changed[2] = configuration;
        changed[column] = "4";
        return changed;
    }

    private static KernelOffsetTable Table(params string[][] rows) =>
        KernelOffsetTable.Read(new StringReader(string.Join('\n', rows.Prepend(s_running.Value.Columns).Select(cells => string.Join('\t', cells)))));

    private static void SkipUnlessRoot()
    {
        Assert.SkipUnless(HostEnvironment.Read().ObstaclesToTlsCapture().Count == 0, "Needs root, or the capabilities to load BPF programs.");
        Assert.SkipUnless(File.Exists(KernelFeatures.KernelBtfPath), $"Needs the kernel's types in {KernelFeatures.KernelBtfPath}.");
    }

    private static (string[] Columns, string[] Cells) ReadRunningKernel() => (
        Run("--head"), Run(Bytecode.Machine, KernelVersion.Read().ToString(), "running", "btf", KernelFeatures.KernelBtfPath));

    private static string[] Run(params IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new("python3", [RepositoryFile.PathOf("bpf/offsets/kernel_row.py"), .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd().TrimEnd('\n');
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return line.Split('\t');
    }
}
