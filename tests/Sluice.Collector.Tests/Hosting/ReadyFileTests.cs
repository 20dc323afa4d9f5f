// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Text.Json;
using Sluice.Collector.Hosting;
using Xunit;

namespace Sluice.Collector.Tests.Hosting;

public sealed class ReadyFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-test").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Write_OverAnOlderFile_SaysWhoIsReadyAndLeavesNothingElse()
    {
        string path = Path.Combine(_directory, "ready");
        File.WriteAllText(path, "an older and much longer text that must not shine through behind the new one, whatever it says");

        ReadyFile.Write(path, targets: 3, transport: "perf");

        using JsonDocument ready = JsonDocument.Parse(File.ReadAllText(path));
        Assert.Equal(Environment.ProcessId, ready.RootElement.GetProperty("pid").GetInt32());
        Assert.Equal(3, ready.RootElement.GetProperty("targets").GetInt32());
        Assert.Equal("perf", ready.RootElement.GetProperty("transport").GetString());
        Assert.Equal([path], Directory.GetFiles(_directory));
    }

    [Fact]
    public void Write_WhereALinkWaitsForIt_LeavesWhatTheLinkPointsTo()
    {
        string path = Path.Combine(_directory, "ready");
        string victim = Path.Combine(_directory, "victim");
        File.WriteAllText(victim, "mine");
        File.CreateSymbolicLink(path, victim);
        File.CreateSymbolicLink($"{path}.{Environment.ProcessId}.tmp", victim);

        ReadyFile.Write(path, targets: 1, transport: "ringbuf");

        Assert.Equal("mine", File.ReadAllText(victim));
        Assert.Null(new FileInfo(path).LinkTarget);
        Assert.Contains("ringbuf", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Clear_OfAFileFromAnEarlierRun_RemovesIt()
    {
        string path = Path.Combine(_directory, "ready");
        File.WriteAllText(path, "{}");

        ReadyFile.Clear(path);
        ReadyFile.Clear(path);

        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Write_WhereItCannot_IsTheUsersToMend()
    {
        string path = Path.Combine(_directory, "gone", "ready");

        UsageException refusal = Assert.Throws<UsageException>(() => ReadyFile.Write(path, targets: 1, transport: "ringbuf"));
        Assert.Contains("--ready-file", refusal.Message, StringComparison.Ordinal);
    }
}
