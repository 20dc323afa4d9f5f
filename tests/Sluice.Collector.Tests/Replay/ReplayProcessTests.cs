// SPDX-License-Identifier: Apache-2.0
using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Recording;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Collector.Tests.Replay;

/// <summary><c>sluice replay</c> as a process: what comes out, what it says, how it ends.</summary>
public sealed class ReplayProcessTests : IDisposable
{
    private const int HeaderBytes = 44;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-replay").FullName;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Replay_FilesOfARotation_WritesTheSameLinesInTheSameOrder()
    {
        var writer = new RecordingWriter();
        string lines = RecordingsOnDisk.Write(File("a.raw"), writer, 0, 1000) + RecordingsOnDisk.Write(File("b.raw"), writer, 1000, 20);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), File("b.raw"), "--sink", "jsonl:-", "--ledger", File("ledger"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(lines, outcome.Output);
        JsonElement ledger = Ledger();
        Assert.Equal(1020, ledger.GetProperty("submitted").GetInt64());
        Assert.Equal(1020, ledger.GetProperty("sinks").GetProperty("jsonl:-").GetProperty("delivered").GetInt64());
        Assert.True(ledger.GetProperty("final").GetBoolean());
    }

    [Fact]
    public async Task Replay_AsAnybody_NeedsNoPrivilege()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Becoming another user needs root.");
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 30);
        System.IO.File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        System.IO.File.SetUnixFileMode(File("a.raw"), (UnixFileMode)0b110_100_100);

        ProcessOutcome outcome = await SluiceProcess.RunUnprivilegedAsync("replay", File("a.raw"), "--sink", "jsonl:-");

        Assert.Equal((0, lines), (outcome.ExitCode, outcome.Output));
    }

    /// <summary>A recording of a real kernel, with what a sink wrote beside it (tests/data).</summary>
    [Fact]
    public async Task Replay_RecordedTraffic_IsByteForByteWhatTheCaptureWroteForAnybody()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Becoming another user needs root.");
        System.IO.File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        System.IO.File.Copy(RepositoryFile.PathOf("tests/data/traffic.raw"), File("traffic.raw"));
        System.IO.File.SetUnixFileMode(File("traffic.raw"), (UnixFileMode)0b110_100_100);

        ProcessOutcome outcome = await SluiceProcess.RunUnprivilegedAsync("replay", File("traffic.raw"), "--sink", "jsonl:-");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(await System.IO.File.ReadAllTextAsync(RepositoryFile.PathOf("tests/data/traffic.jsonl"), TestEnd), outcome.Output);
    }

    [Fact]
    public async Task Replay_IntoARecording_ReplaysTheSame()
    {
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 500);

        Assert.Equal(0, (await SluiceProcess.RunAsync("replay", File("a.raw"), "--sink", "raw:" + File("b.raw"))).ExitCode);
        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("b.raw"), "--sink", "jsonl:-");

        Assert.Equal((0, lines), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task Replay_FromStandardInput_ReadsAPipe()
    {
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 500);

        ProcessOutcome outcome = await SluiceProcess.RunShellAsync($"cat '{File("a.raw")}' | '{SluiceProcess.ExecutablePath}' replay - --sink jsonl:-");

        Assert.Equal((0, lines), (outcome.ExitCode, outcome.Output));
    }

    [Fact]
    public async Task Replay_PipeThatSaysNothing_StopsOnASignal()
    {
        RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 5);
        string pipe = File("pipe"), output = File("out");
        long start = Stopwatch.GetTimestamp();
        ProcessOutcome outcome = await SluiceProcess.RunShellAsync(
            $"mkfifo '{pipe}'; (cat '{File("a.raw")}'; exec sleep 60) > '{pipe}' & writer=$!; "
            + $"'{SluiceProcess.ExecutablePath}' replay '{pipe}' --sink 'jsonl:{output}' & run=$!; "
            + $"until [ \"$(cat '{output}' 2>/dev/null | wc -l)\" = 5 ]; do sleep 0.05; done; kill -TERM $run; wait $run; code=$?; kill $writer; exit $code");

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        Assert.Contains("SIGTERM", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(0, outcome.ExitCode);
    }

    [Fact]
    public async Task Replay_TornRecording_GivesWhatIsWholeSaysSoOnceAndSucceeds()
    {
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 70);
        Cut(File("a.raw"), 100);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), "--sink", "jsonl:-", "--ledger", File("ledger"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(string.Concat(lines.Split('\n').Take(63).Select(static line => line + "\n")), outcome.Output);
        Assert.Single(outcome.Error.Split('\n'), static line => line.Contains("ends inside a batch", StringComparison.Ordinal));
        Assert.Equal(63, Ledger().GetProperty("submitted").GetInt64());
    }

    [Fact]
    public async Task Replay_DamagedRecording_GivesTheOthersSaysHowManyAreMissingAndFails()
    {
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 70);
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File("a.raw"), TestEnd);
        bytes[HeaderBytes + 200] ^= 1;
        await System.IO.File.WriteAllBytesAsync(File("a.raw"), bytes, TestEnd);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), "--sink", "jsonl:-");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(string.Join('\n', lines.Split('\n').Skip(7)), outcome.Output);
        Assert.Single(outcome.Error.Split('\n'), static line => line.Contains("damaged in 1 places; 7 events are missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("directory", "this is a directory")]
    [InlineData("missing", "no such file")]
    [InlineData("text", "is not a recording")]
    [InlineData("empty", "is not a recording")]
    [InlineData("newer", "newer format (version 9.1")]
    [InlineData("cut", "ends inside its header")]
    public async Task Replay_WhatIsNoRecording_IsRefusedByNameBeforeAnythingIsWritten(string kind, string says)
    {
        string path = File("a.raw");
        MakeUnfit(kind, path);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", path, "--sink", "jsonl:" + File("out"));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(path, outcome.Error, StringComparison.Ordinal);
        Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(File("out")));
    }

    [Fact]
    public async Task Replay_WithoutPermission_IsRefusedByName()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Becoming another user needs root.");
        RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 1);
        System.IO.File.SetUnixFileMode(_directory, (UnixFileMode)0b111_101_101);
        System.IO.File.SetUnixFileMode(File("a.raw"), UnixFileMode.UserRead);

        ProcessOutcome outcome = await SluiceProcess.RunUnprivilegedAsync("replay", File("a.raw"), "--sink", "jsonl:-");

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(File("a.raw"), outcome.Error, StringComparison.Ordinal);
        Assert.Contains("cannot be read", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_OntoItself_IsRefused()
    {
        RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 1);
        byte[] before = await System.IO.File.ReadAllBytesAsync(File("a.raw"), TestEnd);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), "--sink", "jsonl:" + File("a.raw"));

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("writes to this file already", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File("a.raw"), TestEnd));
    }

    [Fact]
    public async Task Replay_MaxEvents_StopsThere()
    {
        string lines = RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 5000);

        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), "--sink", "jsonl:-", "--max-events", "10", "--ledger", File("ledger"));

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(string.Concat(lines.Split('\n').Take(10).Select(static line => line + "\n")), outcome.Output);
        Assert.Equal(Ledger().GetProperty("submitted").GetInt64() - 10, Ledger().GetProperty("filtered").GetInt64());
    }

    [Fact]
    public async Task Replay_Paced_TakesAsLongAsTheRecordingDid()
    {
        RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 5, perBatch: 2, distance: TimeSpan.FromMilliseconds(400));

        long start = Stopwatch.GetTimestamp();
        ProcessOutcome outcome = await SluiceProcess.RunAsync("replay", File("a.raw"), "--pace", "--sink", "jsonl:-");

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(5, outcome.Output.Count('\n'));
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(1600));
    }

    [Fact]
    public async Task Replay_PacedAndStopped_EndsAtOnceAndTheLedgerHolds()
    {
        RecordingsOnDisk.Write(File("a.raw"), new RecordingWriter(), 0, 10, perBatch: 10, distance: TimeSpan.FromMinutes(30));
        string run = $"'{SluiceProcess.ExecutablePath}' replay '{File("a.raw")}' --pace --sink 'jsonl:{File("out")}' --ledger '{File("ledger")}'";

        long start = Stopwatch.GetTimestamp();
        ProcessOutcome outcome = await SluiceProcess.RunShellAsync(
            $"{run} & until [ -s '{File("out")}' ]; do sleep 0.05; done; kill -TERM $!; wait $!");

        Assert.Equal(0, outcome.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        Assert.Contains("SIGTERM", outcome.Error, StringComparison.Ordinal);
        Assert.Equal((1, 0), (Ledger().GetProperty("submitted").GetInt32(), Ledger().GetProperty("in_flight").GetInt32()));
    }

    private void MakeUnfit(string kind, string path)
    {
        switch (kind)
        {
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "text":
                System.IO.File.WriteAllText(path, new string('x', 1000));
                break;
            case "empty":
                System.IO.File.WriteAllText(path, "");
                break;
            case "newer":
                RecordingsOnDisk.Write(path, new RecordingWriter(), 0, 1);
                byte[] bytes = System.IO.File.ReadAllBytes(path);
                bytes[8] = 9;
                System.IO.File.WriteAllBytes(path, bytes);
                break;
            case "cut":
                RecordingsOnDisk.Write(path, new RecordingWriter(), 0, 1);
                System.IO.File.WriteAllBytes(path, System.IO.File.ReadAllBytes(path)[..20]);
                break;
        }
    }

    private string File(string name) => Path.Combine(_directory, name);

    private static void Cut(string path, int bytes)
    {
        using FileStream file = System.IO.File.OpenWrite(path);
        file.SetLength(file.Length - bytes);
    }

    private JsonElement Ledger()
    {
        using JsonDocument ledger = JsonDocument.Parse(System.IO.File.ReadAllText(File("ledger")));
        return ledger.RootElement.Clone();
    }
}
