// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Xunit;

namespace Sluice.Sinks.Files.Tests;

public sealed class RotatingFileTests
{
    private const int LineBytes = 4;

    private static LineBuffer Lines(int count)
    {
        var lines = new LineBuffer();
        for (int i = 0; i < count; i++)
        {
            Assert.True(lines.TryAdd(FixedLine.Instance, "abc"u8, BatchStamp.None));
        }

        return lines;
    }

    /// <summary>The disk fills up after every possible number of bytes: the file always ends with the last line that is counted.</summary>
    [Fact]
    public void Write_DiskFullAtEveryByte_CountsExactlyTheWholeLinesAndCutsTheTornOne()
    {
        for (int capacity = 0; capacity < 10 * LineBytes; capacity++)
        {
            var disk = new FullDisk { CapacityBytes = capacity };
            using var file = new RotatingFile("/a.jsonl", new RotationPolicy(), new ManualClock(), _ => disk);

            WriteOutcome outcome = file.Write(Lines(10));

            Assert.NotNull(outcome.Failure);
            Assert.Equal(capacity / LineBytes, outcome.Lines);
            Assert.Equal(string.Concat(Enumerable.Repeat("abc\n", outcome.Lines)), System.Text.Encoding.ASCII.GetString(disk.Content));
        }
    }

    [Fact]
    public void Write_DiskFull_SaysWhatAndWhatToDo()
    {
        using var file = new RotatingFile("/a.jsonl", new RotationPolicy(), new ManualClock(), _ => new FullDisk());

        WriteOutcome outcome = file.Write(Lines(1));

        Assert.Equal("/a.jsonl takes no more events: the disk is full. Free space on it, or name another path, and start again.", outcome.Failure!.Message);
        Assert.False(outcome.Failure.EndsQuietly);
    }

    [Fact]
    public void Write_FullDiskOfTheKernel_KeepsWholeLines()
    {
        using var disk = SmallDisk.TryMount(64 * 1024);
        if (disk is null)
        {
            Assert.Skip("Mounting a small tmpfs needs root.");
        }

        string path = Path.Combine(disk.Path, "a.jsonl");
        int delivered = 0;
        WriteOutcome outcome = default;
        using (var file = new RotatingFile(path, new RotationPolicy(), TimeProvider.System))
        {
            while (outcome.Failure is null)
            {
                outcome = file.Write(Lines(999));
                delivered += outcome.Lines;
            }
        }

        Assert.Contains("the disk is full", outcome.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(64 * 1024 / LineBytes, delivered);
        Assert.Equal(delivered * LineBytes, new FileInfo(path).Length);
    }

    /// <summary>Writes its sample as it is.</summary>
    private sealed class FixedLine : IEventEncoder
    {
        public static FixedLine Instance { get; } = new();

        public string ContentType => "text/plain";

        public bool TryEncode(ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
        {
            output.Write(sample);
            return true;
        }
    }
}
