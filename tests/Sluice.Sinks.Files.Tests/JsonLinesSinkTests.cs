// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class JsonLinesSinkTests
{
    private static JsonLinesSink Sink(string path, string options = "", TimeProvider? clock = null) =>
        new(JsonLinesSinkOptions.Parse(SinkUri.Parse($"jsonl:{path}{options}")), clock);

    private static async Task WriteAsync(JsonLinesSink sink, SampleBatch batch)
    {
        sink.Ledger.AddOffered(batch.Count);
        await sink.WriteAsync(batch, CancellationToken.None);
    }

    private static IEnumerable<ulong> Sequences(string path) => File.ReadLines(path).Select(line =>
    {
        using JsonDocument json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("sluice.sequence").GetUInt64();
    });

    [Fact]
    public async Task WriteAsync_Batches_AreWholeLinesInOrderAndDelivered()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("a.jsonl");
        await using (JsonLinesSink sink = Sink(path))
        {
            await sink.StartAsync(CancellationToken.None);
            await WriteAsync(sink, Batches.Numbered(0, 3));
            await WriteAsync(sink, Batches.Numbered(3, 2000, payloadBytes: 300));

            Assert.Equal(2003, sink.Ledger.Delivered);
            Assert.Equal(0, sink.Ledger.Pending);
        }

        Assert.Equal(Enumerable.Range(0, 2003).Select(number => (ulong)number), Sequences(path));
        Assert.EndsWith("}\n", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_PipeWithoutAReader_IsRefusedAfterAWhile()
    {
        using var directory = new TemporaryDirectory();
        string pipe = MakePipe(directory);
        await using JsonLinesSink sink = Sink(pipe, clock: new HastyClock());

        SinkException refusal = await Assert.ThrowsAsync<SinkException>(() => sink.StartAsync(CancellationToken.None).AsTask());

        Assert.True(refusal.IsConfiguration);
        Assert.Contains(pipe, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("start its reader first", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_PipeWhoseReaderComesLater_WaitsForIt()
    {
        using var directory = new TemporaryDirectory();
        string pipe = MakePipe(directory);
        await using JsonLinesSink sink = Sink(pipe);
        Task starting = sink.StartAsync(CancellationToken.None).AsTask();
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.False(starting.IsCompleted);

        await using FileStream reader = File.OpenRead(pipe);
        await starting;
        await WriteAsync(sink, Batches.Numbered(0, 1));

        using var lines = new StreamReader(reader);
        Assert.EndsWith("}", await lines.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_CancelledOnAPipeWithoutAReader_LetsTheOpeningThreadGo()
    {
        using var directory = new TemporaryDirectory();
        string pipe = MakePipe(directory);
        await using JsonLinesSink sink = Sink(pipe);
        using var stop = new CancellationTokenSource();
        int before = ThreadsOpeningAPipe();
        Task starting = sink.StartAsync(stop.Token).AsTask();
        Assert.True(SpinWait.SpinUntil(() => ThreadsOpeningAPipe() > before, 10_000));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        Assert.True(SpinWait.SpinUntil(() => ThreadsOpeningAPipe() == before, 10_000));
    }

    private static string MakePipe(TemporaryDirectory directory)
    {
        string path = directory.File("pipe");
        using Process mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.Equal(0, mkfifo.ExitCode);
        return path;
    }

    /// <summary>The runtime has one too, for debuggers.</summary>
    private static int ThreadsOpeningAPipe() => Directory.EnumerateDirectories("/proc/self/task").Count(IsOpeningAPipe);

    /// <summary>The kernel function in which a thread waits for the other end of a pipe.</summary>
    private static bool IsOpeningAPipe(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "wchan")) is "wait_for_partner";
        }
        catch (IOException)
        {
            return false;
        }
    }

    [Fact]
    public async Task StartAsync_NewFile_IsForItsOwnerOnly()
    {
        using var directory = new TemporaryDirectory();
        await using JsonLinesSink sink = Sink(directory.File("a.jsonl"));
        await sink.StartAsync(CancellationToken.None);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("a.jsonl")));
    }

    [Fact]
    public async Task StartAsync_ExistingFileWithATornLine_IsAppendedToOnALineOfItsOwn()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("a.jsonl");
        await File.WriteAllTextAsync(path, "{\"whole\":1}\n{\"torn", TestContext.Current.CancellationToken);
        await using (JsonLinesSink sink = Sink(path))
        {
            await sink.StartAsync(CancellationToken.None);
            await WriteAsync(sink, Batches.Numbered(7, 1));
        }

        string[] lines = await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(["{\"whole\":1}", "{\"torn"], lines[..2]);
        Assert.Contains("\"sluice.sequence\":7", Assert.Single(lines[2..]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WriteAsync_FileTruncatedByOthers_GoesOnAtItsEnd()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("a.jsonl");
        await using JsonLinesSink sink = Sink(path);
        await sink.StartAsync(CancellationToken.None);
        await WriteAsync(sink, Batches.Numbered(0, 3));
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);

        await WriteAsync(sink, Batches.Numbered(3, 2));

        Assert.Equal([3ul, 4ul], Sequences(path));
    }

    [Fact]
    public async Task WriteAsync_MalformedSample_IsCountedAndTheOthersAreWritten()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("a.jsonl");
        await using JsonLinesSink sink = Sink(path);
        await sink.StartAsync(CancellationToken.None);

        await WriteAsync(sink, Batches.Of(new TlsSample { Sequence = 1 }.Build(), [1, 2, 3], new TlsSample { Sequence = 2 }.Build()));

        Assert.Equal((2, 1, 0), (sink.Ledger.Delivered, sink.Ledger.Dropped(DropReason.Malformed), sink.Ledger.Pending));
        Assert.Equal([1ul, 2ul], Sequences(path));
    }

    [Fact]
    public async Task WriteAsync_RotateSize_KeepsFilesWithinItAndEveryLineWhole()
    {
        using var directory = new TemporaryDirectory();
        await using (JsonLinesSink sink = Sink(directory.File("a.jsonl"), "?rotate-size=64KiB", new ManualClock()))
        {
            await sink.StartAsync(CancellationToken.None);
            for (int i = 0; i < 5; i++)
            {
                await WriteAsync(sink, Batches.Numbered(i * 300, 300, payloadBytes: 100));
            }

            Assert.Equal(1500, sink.Ledger.Delivered);
        }

        string[] files = directory.Files;
        Assert.True(files.Length > 5, string.Join(' ', files));
        Assert.All(files, file => Assert.InRange(new FileInfo(directory.File(file)).Length, 1, 64 * 1024));

        // Finished files sort by age, and all of them before the one being written ("a-…" < "a.jsonl").
        Assert.Equal(Enumerable.Range(0, 1500).Select(number => (ulong)number), files.SelectMany(file => Sequences(directory.File(file))));
        Assert.Equal("a-20261122T190000123Z.jsonl", files[0]);
    }

    [Fact]
    public async Task WriteAsync_LineLongerThanAFile_GetsAFileForItself()
    {
        using var directory = new TemporaryDirectory();
        await using (JsonLinesSink sink = Sink(directory.File("a.jsonl"), "?rotate-size=100"))
        {
            await sink.StartAsync(CancellationToken.None);
            await WriteAsync(sink, Batches.Numbered(0, 3));
        }

        Assert.Equal(3, directory.Files.Length);
        Assert.All(directory.Files, file => Assert.Single(File.ReadAllLines(directory.File(file))));
    }

    [Fact]
    public async Task WriteAsync_RotateTime_BeginsANewFileAtTheFirstEventAfterIt()
    {
        using var directory = new TemporaryDirectory();
        var clock = new ManualClock();
        await using JsonLinesSink sink = Sink(directory.File("a.jsonl"), "?rotate-time=1h", clock);
        await sink.StartAsync(CancellationToken.None);
        await WriteAsync(sink, Batches.Numbered(0, 1));
        clock.Now += TimeSpan.FromMinutes(59);
        await WriteAsync(sink, Batches.Numbered(1, 1));
        clock.Now += TimeSpan.FromMinutes(1);
        await WriteAsync(sink, Batches.Numbered(2, 1));

        Assert.Equal(["a-20261122T200000123Z.jsonl", "a.jsonl"], directory.Files);
        Assert.Equal([0ul, 1ul], Sequences(directory.File("a-20261122T200000123Z.jsonl")));
        Assert.Equal([2ul], Sequences(directory.File("a.jsonl")));
    }

    [Fact]
    public async Task WriteAsync_RotateKeep_DeletesTheOldestFinishedFilesAndNothingElse()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("a-notes.jsonl"), "mine", TestContext.Current.CancellationToken);
        await using (JsonLinesSink sink = Sink(directory.File("a.jsonl"), "?rotate-size=100&rotate-keep=2", new ManualClock()))
        {
            await sink.StartAsync(CancellationToken.None);
            await WriteAsync(sink, Batches.Numbered(0, 6));
        }

        Assert.Equal(["a-20261122T190000126Z.jsonl", "a-20261122T190000127Z.jsonl", "a-notes.jsonl", "a.jsonl"], directory.Files);
        Assert.Equal([3ul], Sequences(directory.File("a-20261122T190000126Z.jsonl")));
    }

    [Fact]
    public async Task WriteAsync_FinishedNameIsTaken_IsNotOverwritten()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory.File("a-20261122T190000123Z.jsonl"), "older", TestContext.Current.CancellationToken);
        await using JsonLinesSink sink = Sink(directory.File("a.jsonl"), "?rotate-size=100", new ManualClock());
        await sink.StartAsync(CancellationToken.None);
        await WriteAsync(sink, Batches.Numbered(0, 2));

        Assert.Equal("older", await File.ReadAllTextAsync(directory.File("a-20261122T190000123Z.jsonl"), TestContext.Current.CancellationToken));
        Assert.Equal([0ul], Sequences(directory.File("a-20261122T190000124Z.jsonl")));
    }

    [Fact]
    public async Task StartAsync_MissingDirectory_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("no/such/a.jsonl");
        await using JsonLinesSink sink = Sink(path);

        SinkException error = await Assert.ThrowsAsync<SinkException>(async () => await sink.StartAsync(CancellationToken.None));

        Assert.Equal($"Cannot write events to {path}: the directory {directory.File("no/such")} does not exist; create it first.", error.Message);
        Assert.True(error.IsConfiguration);
    }

    [Fact]
    public async Task StartAsync_PathIsADirectory_SaysSo()
    {
        using var directory = new TemporaryDirectory();
        await using JsonLinesSink sink = Sink(directory.Path);

        SinkException error = await Assert.ThrowsAsync<SinkException>(async () => await sink.StartAsync(CancellationToken.None));

        Assert.Equal($"Cannot write events to {directory.Path}: it is a directory; name a file in it.", error.Message);
        Assert.True(error.IsConfiguration);
    }

    [Fact]
    public async Task WriteAsync_DeviceWithoutSpace_SaysThatTheDiskIsFull()
    {
        await using JsonLinesSink sink = Sink("/dev/full");
        await sink.StartAsync(CancellationToken.None);

        SinkException error = await Assert.ThrowsAsync<SinkException>(async () => await WriteAsync(sink, Batches.Numbered(0, 3)));

        Assert.StartsWith("/dev/full takes no more events: the disk is full.", error.Message, StringComparison.Ordinal);
        Assert.Equal((DropReason.SinkFailed, false, false), (error.Reason, error.EndsQuietly, error.IsConfiguration));
        Assert.Equal(0, sink.Ledger.Delivered);
    }

    [Theory]
    [InlineData("jsonl:", "a path is missing")]
    [InlineData("jsonl:-?rotate-size=1MiB", "standard output cannot be rotated")]
    [InlineData("jsonl:/a?rotate-keep=3", "rotate-keep needs rotate-size or rotate-time")]
    [InlineData("jsonl:/a?rotate-size=0", "option 'rotate-size' is '0'")]
    [InlineData("jsonl:/a?rotate=1", "unknown option 'rotate'; the options of this sink are name, overflow, queue-bytes, rotate-keep, rotate-size, rotate-time, spool-dir, spool-full, spool-max-bytes.")]
    public void Options_BadUri_SayWhat(string uri, string message)
    {
        SinkUriException error = Assert.Throws<SinkUriException>(() => JsonLinesSinkOptions.Parse(SinkUri.Parse(uri)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_RelativePath_IsMadeAbsoluteAndTheNameKept()
    {
        JsonLinesSinkOptions options = JsonLinesSinkOptions.Parse(SinkUri.Parse("jsonl:out.jsonl?name=main"));

        Assert.Equal(Path.Combine(Environment.CurrentDirectory, "out.jsonl"), options.Path);
        Assert.Equal("main", options.Name);
    }
}
