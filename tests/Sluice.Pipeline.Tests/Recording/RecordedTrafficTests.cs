// SPDX-License-Identifier: Apache-2.0
using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Delivery;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Recording;
using Sluice.Pipeline.Tests.Fakes;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Recording;

/// <summary>Samples of a real kernel, recorded once (tests/data): what becomes of them, whole and cut and spoiled.</summary>
public sealed class RecordedTrafficTests
{
    private static readonly byte[] s_file = File.ReadAllBytes(RepositoryFile.PathOf("tests/data/traffic.raw"));
    private static readonly string s_golden = File.ReadAllText(RepositoryFile.PathOf("tests/data/traffic.jsonl"));

    [Fact]
    public void Json_OfEverySample_IsWhatTheCaptureWrote()
    {
        (string json, RecordingDamage damage) = Replay(s_file, new JsonEventEncoder());

        Assert.Equal(default, damage);
        Assert.Equal(s_golden, json);
    }

    [Fact]
    public void MessagePack_OfEverySample_CanBeWritten()
    {
        var output = new OutputBuffer();
        var encoder = new MessagePackEventEncoder();
        ForEachSample(s_file, (in BatchStamp stamp, ReadOnlySpan<byte> sample) => Assert.True(encoder.TryEncode(sample, stamp, output)));

        Assert.InRange(output.Length, s_golden.Length / 3, s_golden.Length);
    }

    [Fact]
    public async Task Pipeline_FedWithTheRecording_DeliversEverySampleInOrder()
    {
        var encoder = new JsonEventEncoder();
        var output = new OutputBuffer();
        var sink = new ScriptedSink("a")
        {
            Delivering = batch =>
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    Encode(encoder, batch[i], batch.Stamp, output);
                }
            },
        };
        var counters = new FedCounters();
        CapturePipeline pipeline = new CapturePipelineBuilder().AddSink(sink).UseKernelCounters(counters).Build();
        await pipeline.StartAsync(TestContext.Current.CancellationToken);
        StampedIntake intake = pipeline.CreateStampedIntake();
        ForEachSample(s_file, (in BatchStamp stamp, ReadOnlySpan<byte> sample) =>
        {
            counters.AddSubmitted(1);
            intake.Append(stamp, sample);
        });

        CompletionReport report = await pipeline.CompleteAsync(TimeSpan.FromSeconds(30));

        Assert.Empty(report.Ledger.Verify());
        Assert.Equal(s_golden, System.Text.Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Recording_CutAnywhere_GivesABeginningOfTheLines()
    {
        int last = -1;
        for (int length = RecordingWriter.FileHeaderBytes; length < s_file.Length; length += 101)
        {
            (string json, RecordingDamage damage) = Replay(s_file[..length], new JsonEventEncoder());

            Assert.StartsWith(json, s_golden, StringComparison.Ordinal);
            Assert.True(json.Length >= last && !damage.HasHoles);
            last = json.Length;
        }
    }

    [Fact]
    public void Recording_SpoiledAnywhere_GivesOnlyLinesThatWereThereAndCountsTheOthers()
    {
        string[] golden = s_golden.Split('\n');
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            byte[] spoiled = [.. s_file];
            for (int i = random.Next(1, 20); i > 0; i--)
            {
                spoiled[random.Next(RecordingWriter.FileHeaderBytes, spoiled.Length)] ^= (byte)random.Next(1, 256);
            }

            (string json, RecordingDamage damage) = Replay(spoiled, new JsonEventEncoder());

            string[] lines = json.Split('\n');
            Assert.Equal(golden.Intersect(lines), lines);
            long missing = golden.Length - lines.Length;
            Assert.True(damage.TornBytes == 0 ? damage.Samples == missing : damage.Samples <= missing, $"{damage}, {missing} missing");
        }
    }

    private delegate void SampleAction(in BatchStamp stamp, ReadOnlySpan<byte> sample);

    private static (string Json, RecordingDamage Damage) Replay(byte[] file, JsonEventEncoder encoder)
    {
        var output = new OutputBuffer();
        RecordingDamage damage = ForEachSample(file, (in BatchStamp stamp, ReadOnlySpan<byte> sample) => Encode(encoder, sample, stamp, output));
        return (System.Text.Encoding.UTF8.GetString(output.WrittenSpan), damage);
    }

    private static void Encode(JsonEventEncoder encoder, ReadOnlySpan<byte> sample, in BatchStamp stamp, OutputBuffer output)
    {
        Assert.True(encoder.TryEncode(sample, stamp, output));
        output.Write("\n"u8);
    }

    private static RecordingDamage ForEachSample(byte[] file, SampleAction action)
    {
        using RecordingReader reader = RecordingReader.Open(new MemoryStream(file), "traffic.raw", new RecordedOrigins());
        while (reader.TryRead(out RecordedBatch batch))
        {
            BatchStamp stamp = batch.Stamp;
            while (batch.TryTake(out ReadOnlySpan<byte> sample))
            {
                action(stamp, sample);
            }
        }

        return reader.Damage;
    }
}
