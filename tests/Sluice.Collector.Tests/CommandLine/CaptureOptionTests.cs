// SPDX-License-Identifier: Apache-2.0
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Microsoft.Extensions.Logging;
using Sluice.Bpf.Selection;
using Sluice.Collector.CommandLine;
using Sluice.Pipeline.Delivery;
using Sluice.Probes;
using Xunit;

namespace Sluice.Collector.Tests.CommandLine;

public sealed class CaptureOptionTests
{
    private static readonly string s_ownPid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    [Fact]
    public void Capture_WithNothingButAModule_TakesTheDefaults()
    {
        CaptureSettings settings = SluiceCommandLine.ParseCapture("tls");

        Assert.Equal(["tls"], settings.Modules);
        Assert.Equal("console", Assert.Single(settings.Sinks).Scheme);
        Assert.Empty(settings.Capture.Pids);
        Assert.Empty(settings.Capture.Uids);
        Assert.Equal(CaptureTransport.Auto, settings.Capture.Transport);
        Assert.Null(settings.Capture.MapSizePages);
        Assert.Equal(0ul, settings.Capture.PayloadLimitBytes);
        Assert.Equal(TimeSpan.FromSeconds(60), settings.Capture.UdpIdle);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.DrainTimeout);
        Assert.Equal(LogLevel.Information, settings.LogLevel);
        Assert.Null(settings.Duration);
        Assert.Null(settings.MaxEvents);
    }

    [Fact]
    public void Pid_GivenAsListAndRepeated_CountsEachOnce()
    {
        CaptureSettings settings = SluiceCommandLine.ParseCapture("tls", "--pid", $"1,{s_ownPid}", "--pid", "1");

        Assert.Equal([1, Environment.ProcessId], settings.Capture.Pids);
    }

    [Fact]
    public void Uid_GivenAsNumberAndName_BecomesNumbers()
    {
        CaptureSettings settings = SluiceCommandLine.ParseCapture("tls", "--uid", "33", "--uid", "root");

        Assert.Equal([33u, 0u], settings.Capture.Uids);
    }

    [Theory]
    [InlineData("ringbuf", CaptureTransport.RingBuffer)]
    [InlineData("perf", CaptureTransport.Perf)]
    public void Transport_ByName_IsAsked(string text, CaptureTransport expected) =>
        Assert.Equal(expected, SluiceCommandLine.ParseCapture("tls", "--transport", text).Capture.Transport);

    [Theory]
    [InlineData("1s", 1)]
    [InlineData("90", 90)]
    [InlineData("1h", 3600)]
    public void UdpIdle_WithAndWithoutUnit_IsTaken(string text, int expectedSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds), SluiceCommandLine.ParseCapture("connections", "--udp-idle", text).Capture.UdpIdle);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("64", 64)]
    [InlineData("262144", 262144)]
    public void MapSize_OfAPowerOfTwo_IsTaken(string text, int expected) =>
        Assert.Equal(expected, SluiceCommandLine.ParseCapture("tls", "--mapsize", text).Capture.MapSizePages);

    [Theory]
    [InlineData("0", 0ul)]
    [InlineData("100", 100ul)]
    [InlineData("16KiB", 16384ul)]
    [InlineData("1MiB", 1048576ul)]
    public void PayloadLimit_WithAndWithoutUnit_CountsBytes(string text, ulong expected) =>
        Assert.Equal(expected, SluiceCommandLine.ParseCapture("tls", "--payload-limit", text).Capture.PayloadLimitBytes);

    [Theory]
    [InlineData("10", 10_000)]
    [InlineData("0.5", 500)]
    [InlineData("250ms", 250)]
    [InlineData("3s", 3_000)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    public void Duration_InAnyUnit_IsRead(string text, double expectedMs) =>
        Assert.Equal(expectedMs, SluiceCommandLine.ParseCapture("tls", "--duration", text).Duration!.Value.TotalMilliseconds);

    [Theory]
    [InlineData("auto", BytecodeMode.Auto)]
    [InlineData("core", BytecodeMode.Core)]
    [InlineData("noncore", BytecodeMode.NonCore)]
    [InlineData("0", BytecodeMode.Auto)]
    [InlineData("1", BytecodeMode.Core)]
    [InlineData("2", BytecodeMode.NonCore)]
    public void Btf_ByWordOrNumber_IsTheMode(string text, BytecodeMode expected) =>
        Assert.Equal(expected, SluiceCommandLine.ParseCapture("tls", "--btf", text).Capture.Bytecode);

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("debug", LogLevel.Debug)]
    [InlineData("info", LogLevel.Information)]
    [InlineData("warn", LogLevel.Warning)]
    [InlineData("error", LogLevel.Error)]
    [InlineData("none", LogLevel.None)]
    public void LogLevel_ByName_IsTaken(string text, LogLevel expected) =>
        Assert.Equal(expected, SluiceCommandLine.ParseCapture("tls", "--log-level", text).LogLevel);

    [Fact]
    public void Sink_GivenSeveralTimes_KeepsOrderAndOptions()
    {
        CaptureSettings settings = SluiceCommandLine.ParseCapture(
            "tls", "--sink", "-", "--sink", "jsonl:/tmp/a?name=file&overflow=drop-newest&queue-bytes=1MiB", "--sink", "null:");

        Assert.Equal(["-", "file", "null:"], settings.Sinks.Select(static sink => sink.Name));
        Assert.Equal(OverflowPolicy.DropNewest, settings.Sinks[1].Overflow);
        Assert.Equal(1048576, settings.Sinks[1].QueueBytes);
    }

    [Fact]
    public void Cgroup_OfTheUnifiedHierarchy_IsFoundWithAndWithoutItsMountPoint()
    {
        string? mount = new[] { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" }.FirstOrDefault(static path => File.Exists(path + "/cgroup.controllers"));
        Assert.SkipWhen(mount is null, "No cgroup v2 hierarchy is mounted.");

        Assert.Equal([mount], SluiceCommandLine.ParseCapture("tls", "--cgroup", mount).Capture.CgroupPaths);
        Assert.Equal(mount + "/", SluiceCommandLine.ParseCapture("tls", "--cgroup", "/").Capture.CgroupPaths.Single().TrimEnd('/') + "/");
    }

    [Fact]
    public void BtfFile_ThatHasTheMagic_IsTaken()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, [0x9f, 0xeb, 1, 0]);

            Assert.Equal(path, SluiceCommandLine.ParseCapture("tls", "--btf-file", path).Capture.BtfFile);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void UserName_InAPasswdFile_IsFoundByItsWholeName()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "www-data2:x:34:34::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n");

            Assert.Equal(33u, UserIds.Resolve("--uid", "www-data", path));
            Assert.Throws<UsageException>(() => UserIds.Resolve("--uid", "www", path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
