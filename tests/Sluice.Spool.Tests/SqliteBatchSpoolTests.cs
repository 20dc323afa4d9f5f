// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.Sinks.Files.Tests;
using Xunit;

namespace Sluice.Spool.Tests;

public sealed class SqliteBatchSpoolTests : IDisposable
{
    private const string Sink = "kafka://h:9092/t";

    private readonly TemporaryDirectory _directory = new();
    private readonly CountingLogger _logger = new();

    private string Folder => _directory.File("spool");

    private string DatabaseFile => Directory.GetFiles(Folder, "*.spool").Single();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Read_AfterAnotherProcessWouldHaveWrittenIt_GivesTheSameSamplesAndStamps()
    {
        using (SqliteBatchSpool spool = Open())
        {
            Assert.Null(spool.TryAppend([Batches.Create(0), Batches.Create(4, samples: 700, payloadBytes: 160)]));
            spool.Close(resent: 0);
        }

        using SqliteBatchSpool again = Create(Folder, Sink);
        Assert.Equal(new SpoolContent(2, 704, 0), again.Open());
        var rows = new List<SpooledBatch>();
        again.Read(Batches.Pool, rows, 10);
        SampleBatch batch = rows[1].Batch!;
        SampleBatch original = Batches.Create(4, samples: 700, payloadBytes: 160);
        Assert.True(original.Bytes.SequenceEqual(batch.Bytes));
        Assert.True(original.Ends.SequenceEqual(batch.Ends));
        Assert.Equal((original.Stamp.ClockOffsetNs, original.Stamp.ObservedUnixNs), (batch.Stamp.ClockOffsetNs, batch.Stamp.ObservedUnixNs));
        Assert.Equal((Batches.Origin.HostName, Batches.Origin.RunId), (batch.Stamp.Origin.HostName, batch.Stamp.Origin.RunId));
        Assert.Equal(Batches.Origin.Attributes, batch.Stamp.Origin.Attributes);
        Assert.Same(rows[0].Batch!.Stamp.Origin, batch.Stamp.Origin);
    }

    [Fact]
    public void Order_AppendPrependRemoveReopen_IsThatOfTheQueue()
    {
        using (SqliteBatchSpool spool = Open())
        {
            spool.TryAppend(Batches.CreateMany(10, first: 100));
            var rows = new List<SpooledBatch>();
            spool.Read(Batches.Pool, rows, 3);
            spool.Remove(rows[1].Id);
            Assert.Null(spool.TryPrepend(Batches.CreateMany(2, first: 50)));
            Assert.Null(spool.TryPrepend(Batches.CreateMany(1, first: 10)));
            spool.TryAppend(Batches.CreateMany(1, first: 200));
            Assert.Equal(Range(112, 28).Concat(Range(200, 4)), Batches.ReadAll(spool).Numbers);
            spool.Close(resent: 2);
        }

        using SqliteBatchSpool again = Create(Folder, Sink);
        Assert.Equal(new SpoolContent(12, 48, 2), again.Open());
        (List<long> numbers, long damaged, long lastId) = Batches.ReadAll(again);
        Assert.Equal(Range(10, 4).Concat(Range(50, 8)).Concat(Range(108, 32)).Concat(Range(200, 4)), numbers);
        Assert.Equal(0, damaged);
        again.Remove(lastId);
        again.Close(resent: 0);
        Assert.Empty(Directory.GetFiles(Folder, "*.spool*"));
    }

    [Fact]
    public void Crash_AfterEveryStep_KeepsWhatWasTakenAndKnowsWhatWasHandedOut()
    {
        using SqliteBatchSpool spool = Open();
        long written = 0;
        long removed = 0;
        long handed = 0;
        var rows = new List<SpooledBatch>();
        for (int step = 0; step < 60; step++)
        {
            switch (step % 5)
            {
                case 0 or 1:
                    Assert.Null(spool.TryAppend(Batches.CreateMany(3, first: written)));
                    written += 12;
                    break;
                case 2 or 3:
                    rows.Clear();
                    spool.Read(Batches.Pool, rows, 2);
                    handed += 4 * rows.Count;
                    break;
                case 4 when step % 2 == 0:
                    spool.Remove(rows[^1].Id);
                    removed = handed;
                    break;
                case 4:
                    spool.Sync();
                    break;
            }

            string copy = _directory.File($"crash{step}");
            Batches.CopyTo(Folder, copy);
            using SqliteBatchSpool after = Create(copy, Sink);
            SpoolContent content = after.Open();
            Assert.Equal((written - removed, handed - removed), (content.Events, content.Resent));
            Assert.Equal(Range(removed, written - removed), Batches.ReadAll(after).Numbers);
        }

        Assert.Empty(_logger.Lines);
    }

    [Fact]
    public void TornJournal_AtAnyLength_LosesTransactionsFromTheEndOnly()
    {
        using SqliteBatchSpool spool = Open();
        for (int i = 0; i < 8; i++)
        {
            spool.TryAppend([Batches.Create(i * 100, samples: 100)]);
        }

        Batches.CopyTo(Folder, _directory.File("whole"));
        string journal = DatabaseFile + "-wal";
        byte[] whole = File.ReadAllBytes(journal);
        var counts = new SortedSet<int>();
        for (int length = 0; length <= whole.Length; length += (whole.Length / 40) + 13)
        {
            string copy = _directory.File($"torn{length}");
            Batches.CopyTo(_directory.File("whole"), copy);
            byte[] torn = [.. whole.AsSpan(0, length), .. Enumerable.Repeat((byte)0x5A, 777)];
            File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(journal)), torn);
            using SqliteBatchSpool after = Create(copy, Sink);
            SpoolContent content = after.Open();
            (List<long> numbers, long damaged, _) = Batches.ReadAll(after);
            Assert.Equal(0, damaged);
            Assert.Equal(Range(0, content.Events), numbers);
            Assert.Null(after.TryAppend([Batches.Create(5_000)]));
            counts.Add((int)content.Events);
        }

        Assert.Contains(0, counts);
        Assert.Contains(700, counts);
    }

    [Fact]
    public void DamagedFile_AnyPageOverwritten_CostsNoMoreThanItsBatchesAndNeverTheStart()
    {
        const int Count = 60;
        using (SqliteBatchSpool spool = Open())
        {
            foreach (SampleBatch batch in Batches.CreateMany(Count, samples: 50, payloadBytes: 1_000))
            {
                Assert.Null(spool.TryAppend([batch]));
                batch.Release();
            }

            spool.Close(resent: 0);
        }

        byte[] whole = File.ReadAllBytes(DatabaseFile);
        int pages = whole.Length / SpoolFile.PageBytes;
        int costly = 0;
        for (int page = 0; page < pages; page++)
        {
            string copy = _directory.File($"page{page}");
            Batches.CopyTo(Folder, copy);
            byte[] damaged = (byte[])whole.Clone();
            // All of the page, but on the first one what says that it is a database.
            int keep = page == 0 ? 100 : 0;
            new Random(page).NextBytes(damaged.AsSpan((page * SpoolFile.PageBytes) + keep, SpoolFile.PageBytes - keep));
            File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(DatabaseFile)), damaged);

            using SqliteBatchSpool after = Create(copy, Sink);
            SpoolContent content = after.Open();
            (List<long> numbers, long lost, long lastId) = Batches.ReadAll(after);
            Assert.Equal(content.Events, numbers.Count + lost);
            Assert.Equal(numbers.Order().Distinct(), numbers);
            Assert.All(numbers, static number => Assert.InRange(number, 0, (Count * 50) - 1));
            if (page > 0)
            {
                // A second way to the numbers exists for every page but the first.
                Assert.Equal(Count * 50, content.Events);
                costly += numbers.Count < (Count - 12) * 50 ? 1 : 0;
            }

            // It works on, and what was delivered can be deleted.
            Assert.Null(after.TryAppend([Batches.Create(90_000)]));
            Assert.Equal([90_000, 90_001, 90_002, 90_003], Batches.ReadAll(after).Numbers);
            after.Remove(long.MaxValue);
            Assert.Empty(Batches.ReadAll(after).Numbers);
            after.Close(resent: 0);
        }

        // A page holds parts of a handful of batches. Only the one that leads to all others costs them all, and they are counted.
        Assert.InRange(costly, 0, 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(4096)]
    public void File_ThatIsNoDatabase_IsKeptBesideANewOne(int bytes)
    {
        Open().Dispose();
        string path = DatabaseFile;
        File.WriteAllBytes(path, [.. Enumerable.Repeat((byte)'x', bytes)]);
        using SqliteBatchSpool spool = Create(Folder, Sink);
        Assert.Equal(default, spool.Open());
        Assert.Null(spool.TryAppend([Batches.Create(0)]));
        Assert.Equal(bytes == 0 ? 0 : 1, Directory.GetFiles(Folder, "*.damaged-*").Length);
        Assert.Equal(bytes == 0 ? 0 : 1, _logger.Lines.Count(static line => line.Contains("was no database", StringComparison.Ordinal)));
    }

    [Fact]
    public void Limit_Reached_RefusesUntilSomethingIsRemoved()
    {
        using SqliteBatchSpool spool = Create(Folder, Sink, maxBytes: 8 << 20);
        spool.Open();
        int written = 0;
        SpoolProblem? problem;
        while ((problem = spool.TryAppend([Batches.Create(written * 200, samples: 200, payloadBytes: 1_000)])) is null)
        {
            written++;
            Assert.InRange(written, 0, 100);
        }

        Assert.Contains("limit", problem.Message, StringComparison.Ordinal);
        Assert.InRange(Directory.GetFiles(Folder).Sum(static file => new FileInfo(file).Length), 4 << 20, 8 << 20);
        var rows = new List<SpooledBatch>();
        spool.Read(Batches.Pool, rows, 5);
        spool.Remove(rows[^1].Id);
        Assert.Null(spool.TryAppend([Batches.Create(written * 200, samples: 200, payloadBytes: 1_000)]));
        Assert.Equal(Range(1_000, (written + 1 - 5) * 200), Batches.ReadAll(spool).Numbers);
    }

    [Fact]
    public void Disk_Full_RefusesKeepsWhatItHasAndCanStillDelete()
    {
        using SmallDisk? disk = SmallDisk.TryMount(12 << 20);
        Assert.SkipWhen(disk is null, "Needs the right to mount a file system.");
        using (SqliteBatchSpool spool = Create(disk!.Path, Sink))
        {
            spool.Open();
            int written = 0;
            while (spool.TryAppend([Batches.Create(written * 100, samples: 100, payloadBytes: 1_000)]) is null)
            {
                written++;
            }

            Assert.InRange(written, 20, 120);

            // Somebody else takes the rest.
            FillUp(Path.Combine(disk.Path, "other"));
            SpoolProblem? problem = spool.TryAppend([Batches.Create(0)]);
            Assert.Contains("disk", problem!.Message, StringComparison.Ordinal);
            (List<long> numbers, _, long lastId) = Batches.ReadAll(spool);
            Assert.Equal(Range(0, written * 100), numbers);
            File.Delete(Path.Combine(disk.Path, "other"));
            spool.Remove(lastId);
            Assert.Null(spool.TryAppend([Batches.Create(0)]));
            spool.Close(resent: 0);
        }

        using SqliteBatchSpool again = Create(disk.Path, Sink);
        Assert.Equal(4, again.Open().Events);
    }

    [Fact]
    public void Remove_OfAllOfALargeSpool_GivesItsDiskBack()
    {
        using SqliteBatchSpool spool = Open();
        for (int i = 0; i < 10; i++)
        {
            SampleBatch[] batches = Batches.CreateMany(32, samples: 200, payloadBytes: 1_100);
            Assert.Null(spool.TryAppend(batches));
            Array.ForEach(batches, static batch => batch.Release());
        }

        Assert.True(new FileInfo(DatabaseFile).Length > 40 << 20);
        spool.Remove(Batches.ReadAll(spool).LastId);
        Assert.InRange(Directory.GetFiles(Folder).Sum(static file => new FileInfo(file).Length), 0, 1 << 20);
        Assert.Null(spool.TryAppend([Batches.Create(7)]));
        Assert.Equal(Range(7, 4), Batches.ReadAll(spool).Numbers);
    }

    [Fact]
    public void Files_OfASpool_AreReadableByTheirOwnerOnly()
    {
        using SqliteBatchSpool spool = Open();
        spool.TryAppend([Batches.Create(0)]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.All(Directory.GetFiles(Folder), static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void Open_DirectoryInUse_SaysSo()
    {
        using SqliteBatchSpool spool = Open();
        using SqliteBatchSpool second = Create(Folder, "another");
        AssertUnusable(second, "another sink or another sluice uses it; give each sink a spool-dir= of its own");
    }

    [Fact]
    public void Open_DirectoryThatCannotBe_SaysWhy()
    {
        File.WriteAllText(_directory.File("file"), "");
        AssertUnusable(Create(_directory.File("file"), Sink), "it is a file");
        AssertUnusable(Create("/proc/none/spool", Sink), "/proc/none/spool");
        AssertUnusable(Create("/sys/kernel", Sink), "/sys/kernel");
    }

    [Fact]
    public void Open_AnotherSinksSpool_IsRefusedWhileItHoldsSomething()
    {
        using (SqliteBatchSpool spool = Open())
        {
            spool.TryAppend([Batches.Create(0)]);
        }

        using SqliteBatchSpool other = Create(Folder, "other");
        AssertUnusable(other, $"it holds 4 events of the sink '{Sink}'");
        using (SqliteBatchSpool spool = Open())
        {
            spool.Remove(Batches.ReadAll(spool).LastId);
        }

        Assert.Equal(default, other.Open());
    }

    [Fact]
    public void Open_FileOfTheSameNameButAnotherSink_IsRefused()
    {
        string name;
        using (SqliteBatchSpool spool = Open())
        {
            spool.TryAppend([Batches.Create(0)]);
            name = DatabaseFile;
        }

        using var directory = SpoolDirectory.Open(_directory.File("second"), "other");
        string disguised = directory.FileOf("other");
        File.Copy(name, disguised);
        directory.Dispose();
        AssertUnusable(Create(_directory.File("second"), "other"), $"belongs to the sink '{Sink}'");
    }

    [Fact]
    public void Open_DatabaseOfAnotherProgram_IsRefusedAndLeftAlone()
    {
        using (SqliteBatchSpool spool = Open())
        {
            spool.TryAppend([Batches.Create(0)]);
        }

        byte[] other = File.ReadAllBytes(DatabaseFile);
        // Bytes 68 to 71 of a database's header are its application id.
        other[68] ^= 0xFF;
        File.WriteAllBytes(DatabaseFile, other);
        AssertUnusable(Create(Folder, Sink), "is a database of another program; move it away");
        Assert.Equal(other.Length, new FileInfo(DatabaseFile).Length);
    }

    private static IEnumerable<long> Range(long start, long count) => Enumerable.Range(0, (int)count).Select(i => start + i);

    private static void FillUp(string path)
    {
        byte[] block = new byte[4096];
        using FileStream file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        try
        {
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full now.
        }
    }

    private static void AssertUnusable(SqliteBatchSpool spool, string reason)
    {
        SinkException error = Assert.Throws<SinkException>(() => spool.Open());
        Assert.True(error.IsConfiguration);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("Sink '", error.Message, StringComparison.Ordinal);
    }

    private SqliteBatchSpool Open()
    {
        SqliteBatchSpool spool = Create(Folder, Sink);
        spool.Open();
        return spool;
    }

    private SqliteBatchSpool Create(string folder, string sink, long maxBytes = 1L << 30) =>
        new(new SpoolOptions(folder) { MaxBytes = maxBytes }, sink, _logger);
}
