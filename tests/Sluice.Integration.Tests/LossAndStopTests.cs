// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using Sluice.Integration.Tests.Support;
using Xunit;

namespace Sluice.Integration.Tests;

/// <summary>What is lost is counted; what is stopped leaves nothing behind.</summary>
public sealed class LossAndStopTests
{
    [Theory]
    [InlineData("ringbuf")]
    [InlineData("perf")]
    public void Capture_RingTooSmallForTheLoad_CountsExactlyWhatIsMissing(string transport)
    {
        Requires.Bpf();
        const int Size = 1 << 20;
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace, "--transport", transport, "--mapsize", "1");

        // A mebibyte leaves in one go while the reader sleeps: a ring of a page or two cannot hold it.
        TlsLoadResult load = TlsLoad.Run(workspace, "bulk", "--size", $"{Size}");
        Ledger ledger = capture.Stop();

        Assert.True(ledger.KernelLost > 0, ledger.ToString());
        Assert.Equal(ledger.Submitted - ledger.Read, ledger.KernelLost);
        Assert.Equal(ledger.Sink(capture.SinkName, "delivered"), File.ReadLines(capture.SinkName["jsonl:".Length..]).Count());
        Assert.NotEmpty(CapturedEvent.Read(capture.SinkName["jsonl:".Length..], "capture.loss"));
        Assert.True(capture.Events.Count(e => e.Pid == load.Pid) <= ledger.Read);
    }

    [Fact]
    public void Capture_DropNewestWithATinyQueue_KeepsItsSums()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string fifo = workspace.PathOf("slow");
        Command.Run("mkfifo", fifo);
        using Command slowReader = Command.Start("sh", "-c", $"exec 3<{fifo}; sleep 4; cat <&3 >/dev/null");
        using Capture capture = Capture.Start(workspace, "--sink", $"jsonl:{fifo}?overflow=drop-newest&queue-bytes=64KiB&name=slow", "--sink", "null:?name=all");

        TlsLoad.Run(workspace, "exchange", "--records", "10000");
        Thread.Sleep(1000);
        Ledger ledger = capture.Stop();

        Assert.True(ledger.SinkDropped("slow") > 0, ledger.ToString());
        Assert.Equal(ledger.Read, ledger.Sink("all", "delivered"));
        Assert.Equal(0, ledger.KernelLost);
    }

    [Fact]
    public void Sluice_InterruptedUnderLoad_DrainsWithinItsBudget()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace, "--drain-timeout", "10s", "--mapsize", "4096");
        using TlsLoad load = TlsLoad.Start(workspace, "exchange", "--records", "1000000");
        Command.WaitUntil(() => capture.CurrentLedger().Read > 1000, "The load");

        var clock = Stopwatch.StartNew();
        Ledger ledger = capture.Stop();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Equal(ledger.Read, ledger.Sink(capture.SinkName, "delivered"));
        Assert.Equal(ledger.Read, File.ReadLines(capture.SinkName["jsonl:".Length..]).Count());
    }

    [Fact]
    public void Sluice_Killed_LeavesNoProbeBehind()
    {
        Requires.Bpf();
        string bpftool = Requires.Program("bpftool");
        using var workspace = new Workspace();
        string before = Leftovers(bpftool);
        using (Capture capture = Capture.Start(workspace))
        {
            string during = Leftovers(bpftool);
            Assert.True(ProgramsOf(during) > ProgramsOf(before), during);
            capture.Process.Signal("KILL");
            capture.Process.Wait();
        }

        // The kernel frees programs and maps after a grace period.
        Command.WaitUntil(() => Leftovers(bpftool) == before, $"Only what was there before ({before}), not {Leftovers(bpftool)}", 10_000);
    }

    [Fact]
    public void Sluice_MaxEvents_EndsByItselfWithExactlySoMany()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        using Capture capture = Capture.Start(workspace, "--max-events", "25");

        TlsLoad.Run(workspace, "exchange", "--records", "100");
        Command.WaitUntil(() => capture.Process.HasExited, "The end by itself");
        Ledger ledger = capture.Stop();

        Assert.Equal(25, File.ReadLines(capture.SinkName["jsonl:".Length..]).Count());
        Assert.Equal(25, ledger.Sink(capture.SinkName, "delivered"));
    }

    [Fact]
    public void Sluice_ReaderOfStdoutGoesAway_EndsCleanly()
    {
        Requires.Bpf();
        using var workspace = new Workspace();
        string ready = workspace.PathOf("ready"), code = workspace.PathOf("code");
        using Command pipe = Command.Start("bash", "-c",
            $"set -o pipefail; {Repository.Sluice} capture tls --sink jsonl:- --ready-file {ready} 2>{workspace.PathOf("err")} | head -n 1 >{workspace.PathOf("first")}; echo ${{PIPESTATUS[0]}} >{code}");
        Command.WaitUntil(() => File.Exists(ready) || pipe.HasExited, "The ready file");

        for (int i = 0; i < 20 && !pipe.HasExited; i++)
        {
            TlsLoad.Run(workspace, "exchange", "--records", "5");
        }

        pipe.Wait();
        Assert.Equal("0", File.ReadAllText(code).Trim());
        Assert.Single(File.ReadLines(workspace.PathOf("first")));
        Assert.DoesNotContain("   at ", File.ReadAllText(workspace.PathOf("err")), StringComparison.Ordinal);
    }

    private static int ProgramsOf(string leftovers) =>
        int.Parse(leftovers.AsSpan(0, leftovers.IndexOf(' ', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Our programs, our maps, and every link of the kernel, as counts.</summary>
    private static string Leftovers(string bpftool)
    {
        int programs = Command.Run(bpftool, "prog", "show").Split('\n').Count(line =>
            line.Contains("name tls_", StringComparison.Ordinal) || line.Contains("name ssl_", StringComparison.Ordinal) || line.Contains("name socket_", StringComparison.Ordinal));
        int maps = Command.Run(bpftool, "map", "show").Split('\n').Count(line => line.Contains("name sluice_ring", StringComparison.Ordinal) || line.Contains("name connections", StringComparison.Ordinal));
        int links = Command.Run(bpftool, "link", "show").Split('\n').Count(line => line.Contains("prog ", StringComparison.Ordinal));
        return $"{programs} programs, {maps} maps, {links} links";
    }
}
