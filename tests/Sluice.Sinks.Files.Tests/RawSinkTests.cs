// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Decoding;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class RawSinkTests : IDisposable
{
    private static readonly EventOrigin s_origin = new("web-1", 7);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    private string Path => _directory.File("a.raw");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("raw:", "a path is missing")]
    [InlineData("raw:/tmp/a?rotate-keep=3", "rotate-keep needs rotate-size or rotate-time")]
    [InlineData("raw:/tmp/a?compression=zstd", "unknown option 'compression'")]
    [InlineData("raw:-?rotate-size=1MiB", "standard output cannot be rotated")]
    public void Parse_WhatCannotBe_IsRefused(string uri, string says)
    {
        SinkUriException refusal = Assert.Throws<SinkUriException>(() => RawSinkOptions.Parse(SinkUri.Parse(uri)));

        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_Batches_CanBeReadBackWithTheirStamps()
    {
        SinkLedger counts = await WriteAsync(new RotationPolicy(), (0, 3), (3, 5));

        (List<ulong> numbers, RecordingDamage damage, EventOrigin? origin) = Read(Path);
        Assert.Equal(8, counts.Delivered);
        Assert.Equal(0, counts.Pending);
        Assert.Equal(default, damage);
        Assert.Equal(Enumerable.Range(0, 8).Select(static i => (ulong)i), numbers);
        Assert.Equal((s_origin.HostName, s_origin.RunId), (origin!.HostName, origin.RunId));
    }

    /// <summary>Recorded traffic of a real kernel (tests/data), recorded once more: its lines are still those of the capture.</summary>
    [Fact]
    public async Task Write_RecordedTraffic_KeepsEveryEvent()
    {
        string lines = _directory.File("a.jsonl");
        await using (var raw = new RawSink(new RawSinkOptions { Name = "raw", Path = Path, Rotation = new RotationPolicy(MaxBytes: 20_000) }))
        {
            await CopyAsync([RepositoryFile.PathOf("tests/data/traffic.raw")], raw);
        }

        string[] files = [.. Files().Where(static file => file.EndsWith(".raw", StringComparison.Ordinal))];
        await using (var jsonl = new JsonLinesSink(new JsonLinesSinkOptions { Name = "jsonl", Path = lines }))
        {
            await CopyAsync(files, jsonl);
        }

        Assert.True(files.Length > 3);
        Assert.Equal(await File.ReadAllTextAsync(RepositoryFile.PathOf("tests/data/traffic.jsonl"), TestEnd), await File.ReadAllTextAsync(lines, TestEnd));
    }

    [Fact]
    public async Task Start_NewFile_IsForItsOwnerOnly()
    {
        await WriteAsync(new RotationPolicy(), (0, 1));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
    }

    [Fact]
    public async Task Write_BeyondTheSize_BeginsFilesThatAreEachARecording()
    {
        await WriteAsync(new RotationPolicy(MaxBytes: 1500), [.. Enumerable.Range(0, 12).Select(static i => (i * 3, 3))]);

        string[] files = Files();
        Assert.True(files.Length > 2);
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, 1500));
        (List<ulong> numbers, RecordingDamage damage, _) = Read(files);
        Assert.Equal(Enumerable.Range(0, 36).Select(static i => (ulong)i), numbers);
        Assert.Equal(default, damage);
    }

    [Fact]
    public async Task Write_BatchLongerThanAFile_GetsOneForItself()
    {
        await WriteAsync(new RotationPolicy(MaxBytes: 10), (0, 3), (3, 3));

        Assert.Equal(2, Files().Length);
        Assert.Equal(6, Read(Files()).Numbers.Count);
    }

    [Fact]
    public async Task Start_RecordingOfAnEarlierRun_IsPutAside()
    {
        await WriteAsync(new RotationPolicy(), (0, 3));
        byte[] before = await File.ReadAllBytesAsync(Path, TestEnd);

        await WriteAsync(new RotationPolicy(), (10, 2));

        string aside = Assert.Single(Files(), file => file != Path);
        Assert.Equal(before, await File.ReadAllBytesAsync(aside, TestEnd));
        Assert.Equal([10ul, 11ul], Read(Path).Numbers);
    }

    [Fact]
    public async Task Start_RecordingWithoutEvents_IsReplaced()
    {
        await WriteAsync(new RotationPolicy());
        await WriteAsync(new RotationPolicy(), (1, 1));

        Assert.Equal([Path], Files());
        Assert.Equal([1ul], Read(Path).Numbers);
    }

    [Fact]
    public async Task Start_FileThatIsNoRecording_IsRefusedAndLeftAlone()
    {
        await File.WriteAllTextAsync(Path, "precious", TestEnd);

        SinkException refusal = await Assert.ThrowsAsync<SinkException>(() => WriteAsync(new RotationPolicy()));

        Assert.True(refusal.IsConfiguration);
        Assert.Contains("exists and is not a recording", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(Path, TestEnd));
    }

    [Fact]
    public async Task Write_FileEmptiedByOthers_BeginsWithAHeadAgain()
    {
        await using var sink = new RawSink(new RawSinkOptions { Name = "raw", Path = Path });
        await sink.StartAsync(TestEnd);
        await WriteAsync(sink, 0, 2);
        await File.WriteAllBytesAsync(Path, [], TestEnd);
        await WriteAsync(sink, 2, 2);

        Assert.Equal([2ul, 3ul], Read(Path).Numbers);
    }

    [Fact]
    public async Task Write_DiskFull_CountsWholeBatchesAndLeavesNoTornOne()
    {
        using var disk = SmallDisk.TryMount(64 * 1024);
        if (disk is null)
        {
            Assert.Skip("Mounting a small tmpfs needs root.");
        }

        string path = System.IO.Path.Combine(disk.Path, "a.raw");
        SinkException? failure = null;
        await using var sink = new RawSink(new RawSinkOptions { Name = "raw", Path = path });
        await sink.StartAsync(TestEnd);
        for (int first = 0; failure is null; first += 10)
        {
            failure = await Record.ExceptionAsync(() => WriteAsync(sink, first, 10).AsTask()) as SinkException;
        }

        (List<ulong> numbers, RecordingDamage damage, _) = Read(path);
        Assert.Contains("the disk is full", failure.Message, StringComparison.Ordinal);
        Assert.Equal(sink.Ledger.Delivered, numbers.Count);
        Assert.Equal(default, damage);
    }

    private async Task<SinkLedger> WriteAsync(RotationPolicy rotation, params (int First, int Count)[] batches)
    {
        var sink = new RawSink(new RawSinkOptions { Name = "raw", Path = Path, Rotation = rotation });
        await using (sink)
        {
            await sink.StartAsync(TestEnd);
            foreach ((int first, int count) in batches)
            {
                await WriteAsync(sink, first, count);
            }

            await sink.FlushAsync(TestEnd);
        }

        return sink.Ledger;
    }

    private static async ValueTask WriteAsync(RawSink sink, int first, int count)
    {
        SampleBatch batch = Batches.Numbered(first, count, payloadBytes: 40);
        batch.Stamp = new BatchStamp(s_origin, 5, 6);
        sink.Ledger.AddOffered(count);
        await sink.WriteAsync(batch, TestEnd);
    }

    private static async Task CopyAsync(string[] recordings, ISink sink)
    {
        await sink.StartAsync(TestEnd);
        foreach (string path in recordings)
        {
            using var reader = RecordingReader.Open(File.OpenRead(path), path, new RecordedOrigins());
            while (TryRead(reader) is { } batch)
            {
                sink.Ledger.AddOffered(batch.Count);
                await sink.WriteAsync(batch, TestEnd);
                batch.Release();
            }
        }
    }

    private static SampleBatch? TryRead(RecordingReader reader)
    {
        if (!reader.TryRead(out RecordedBatch recorded))
        {
            return null;
        }

        SampleBatch batch = new BatchPool().Rent();
        batch.Stamp = recorded.Stamp;
        while (recorded.TryTake(out ReadOnlySpan<byte> sample))
        {
            Assert.True(batch.TryAppend(sample));
        }

        return batch;
    }

    /// <summary>Finished files in the order of their names, which is that of time, and then the one that was being written.</summary>
    private string[] Files() => [.. Directory.GetFiles(_directory.Path).Order(StringComparer.Ordinal).OrderBy(file => file == Path)];

    private static (List<ulong> Numbers, RecordingDamage Damage, EventOrigin? Origin) Read(params ReadOnlySpan<string> paths)
    {
        var numbers = new List<ulong>();
        EventOrigin? origin = null;
        RecordingDamage damage = default;
        RecordingReader? previous = null;
        foreach (string path in paths)
        {
            using var reader = RecordingReader.Open(File.OpenRead(path), path, new RecordedOrigins());
            if (previous is not null)
            {
                reader.ContinueFrom(previous);
            }

            while (reader.TryRead(out RecordedBatch batch))
            {
                origin = batch.Stamp.Origin;
                while (batch.TryTake(out ReadOnlySpan<byte> sample))
                {
                    numbers.Add(SequenceOf(sample));
                }
            }

            damage += reader.Damage;
            previous = reader;
        }

        return (numbers, damage, origin);
    }

    private static ulong SequenceOf(ReadOnlySpan<byte> sample) =>
        EventHeaderView.TryParse(sample, out EventHeaderView header) && TlsDataView.TryParse(header, out TlsDataView tls) ? tls.Sequence : ulong.MaxValue;
}
