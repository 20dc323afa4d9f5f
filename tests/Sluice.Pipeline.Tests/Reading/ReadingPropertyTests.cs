// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Sluice.Pipeline.Batching;
using Sluice.Pipeline.Encoding;
using Sluice.Pipeline.Reading;
using Sluice.Pipeline.Wire;
using Sluice.TestSupport;
using Xunit;

namespace Sluice.Pipeline.Tests.Reading;

public sealed class ReadingPropertyTests
{
    public static TheoryData<string> Names => [.. Encodings.Names];

    /// <summary>What was read is written again as it was, in the same encoding and in the others.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Read_RandomEvents_AreWrittenAgainAsTheyWere(string encoding)
    {
        var random = new Random(5);
        for (int round = 0; round < 3_000; round++)
        {
            byte[] sample = Encodings.RandomEvent(random);

            CollectingReceiver read = Encodings.Read(encoding, Encodings.Encode(encoding, sample, Encodings.Stamp));

            Assert.Empty(read.Refused);
            (BatchStamp stamp, byte[] again) = Assert.Single(read.Events);
            Assert.Equal(ExpectedRunId, stamp.Origin.RunId);
            Assert.Equal(encoding == "otlp" ? Encodings.ObservedUnixNs : 0, stamp.ObservedUnixNs);
            AssertSame(sample, stamp, again);
        }
    }

    private const ulong ExpectedRunId = Encoding.ExpectedEvent.RunId;

    private static void AssertSame(byte[] sample, BatchStamp stamp, byte[] again)
    {
        foreach (string other in Encodings.Names)
        {
            // Only OTLP carries what else is known of the host, and when the event was observed.
            BatchStamp original = Encodings.Stamp with { Origin = stamp.Origin, ObservedUnixNs = stamp.ObservedUnixNs };
            Assert.Equal(Encodings.Encode(other, sample, original), Encodings.Encode(other, again, stamp));
        }
    }

    [Fact]
    public void Read_OtlpOfAHostWithAttributes_KeepsItsResource()
    {
        byte[] record = Encodings.EncodeMany("otlp", [new TlsSample().Build(), LossSample.Build("ring_full", 1, 2)], Encodings.Stamp);

        CollectingReceiver read = Encodings.Read("otlp", record);

        Assert.Same(read.Events[0].Stamp.Origin, read.Events[1].Stamp.Origin);
        Assert.Equal(Encodings.Origin.Attributes, read.Events[0].Stamp.Origin.Attributes);
        Assert.Equal(record, Encodings.EncodeMany("otlp", [.. read.Events.Select(one => one.Sample)], read.Events[0].Stamp));
    }

    [Fact]
    public void RandomEvents_AllTogether_HaveEveryField()
    {
        var random = new Random(5);
        var seen = new HashSet<string>();
        for (int round = 0; round < 3_000; round++)
        {
            using JsonDocument json = JsonDocument.Parse(Encodings.Encode("json", Encodings.RandomEvent(random), Encodings.Stamp));
            seen.UnionWith(json.RootElement.EnumerateObject().Select(property => property.Name));
        }

        Assert.Equal(EventFields.Names.Order(), seen.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_ManyEventsInOneRecord_ComeInOrder(string encoding)
    {
        var random = new Random(6);
        byte[][] samples = [.. Enumerable.Range(0, 400).Select(_ => Encodings.RandomEvent(random))];

        CollectingReceiver read = Encodings.Read(encoding, Encodings.EncodeMany(encoding, samples, Encodings.Stamp));

        Assert.Empty(read.Refused);
        Assert.Equal(samples.Length, read.Events.Count);
        for (int i = 0; i < samples.Length; i++)
        {
            AssertSame(samples[i], read.Events[i].Stamp, read.Events[i].Sample);
        }
    }

    /// <summary>At every length: whole events in front of the cut are taken or not, and the cut is always told.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Read_CutAnywhere_IsRefusedAndNothingElseIsRead(string encoding)
    {
        byte[][] samples = [new TlsSample { Payload = [0xff, 1, 2, 3] }.WithTcp("10.0.0.5:443", "[::1]:9").Build(), new ConnectionSample().Build(), LossSample.Build("map_full", 1, 2)];
        byte[] record = Encodings.EncodeMany(encoding, samples, Encodings.Stamp);
        for (int length = 0; length < record.Length; length++)
        {
            // Its own array: what lies behind it must not be reached.
            CollectingReceiver read = Encodings.Read(encoding, record[..length]);

            Assert.NotEmpty(read.Refused);
            Assert.True(read.Events.Count <= samples.Length);
            for (int i = 0; i < read.Events.Count; i++)
            {
                AssertSame(samples[i], read.Events[i].Stamp, read.Events[i].Sample);
            }
        }
    }

    /// <summary>Whatever the bytes: it does not throw, and what it takes is an event that can be written, read and written again.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Read_SpoiledRecords_NeverThrowsAndTakesOnlyEvents(string encoding)
    {
        var random = new Random(7);
        IRecordReader reader = Encodings.Reader(encoding);
        int taken = 0;
        for (int round = 0; round < 30_000; round++)
        {
            byte[] record = Encodings.Encode(encoding, Encodings.RandomEvent(random), Encodings.Stamp);
            Spoil(record, random);
            var read = new CollectingReceiver();

            reader.Read(record, read);

            // The tag of a message of OTLP can become that of a field which is not known, and which is passed over with all that is in it.
            Assert.True(read.Events.Count + read.Refused.Count != 0 || encoding == "otlp");
            foreach ((BatchStamp stamp, byte[] sample) in read.Events)
            {
                taken++;
                CollectingReceiver again = Encodings.Read(encoding, Encodings.Encode(encoding, sample, stamp));
                Assert.Empty(again.Refused);
                Assert.Equal(sample, Assert.Single(again.Events).Sample);
            }
        }

        Assert.InRange(taken, 1_000, 29_000);
    }

    private static void Spoil(byte[] record, Random random)
    {
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            record[random.Next(record.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(record[random.Next(record.Length)] ^ (1 << random.Next(8)));
        }
    }

    [Fact]
    public void Read_RandomBytesAsEveryEncoding_NeverThrows()
    {
        var random = new Random(8);
        var reader = new RecordReader();
        for (int round = 0; round < 50_000; round++)
        {
            byte[] record = new byte[random.Next(0, 200)];
            random.NextBytes(record);
            var read = new CollectingReceiver();
            foreach (string encoding in Encodings.Names)
            {
                reader.Read(System.Text.Encoding.ASCII.GetBytes(Encodings.ContentType(encoding)), record, read);
            }

            reader.Read([], record, read);
            Assert.Empty(read.Events);
            Assert.True(read.Refused.Count >= 3);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void RecordReader_ContentTypeOrFirstByte_FindsTheEncoding(string encoding)
    {
        byte[] sample = new TlsSample { Payload = [1, 2] }.Build();
        var reader = new RecordReader();
        foreach (string type in (string[])["", "text/plain", Encodings.ContentType(encoding), Encodings.ContentType(encoding) + "; charset=utf-8"])
        {
            foreach (byte[] record in (byte[][])[Encodings.Encode(encoding, sample, Encodings.Stamp), Encodings.EncodeMany(encoding, [sample], Encodings.Stamp)])
            {
                var read = new CollectingReceiver();

                reader.Read(System.Text.Encoding.ASCII.GetBytes(type), record, read);

                Assert.Empty(read.Refused);
                AssertSame(sample, Assert.Single(read.Events).Stamp, read.Events[0].Sample);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Read_KnownOrigin_AllocatesNothing(string encoding)
    {
        byte[][] samples =
        [
            new TlsSample { Payload = [.. Enumerable.Repeat((byte)'"', 256)], CgroupId = 7 }.WithTcp("10.0.0.5:443", "10.0.0.9:5").Build(),
            new TlsSample { Payload = [.. Enumerable.Repeat((byte)0xff, 256)], Comm = [0xff, 0xc3] }.WithTcp("[::1]:1", "[2001:db8::1]:2").Build(),
            LossSample.Build("ring_full", 1, 2),
            new ConnectionSample().Build(),
        ];
        byte[] record = Encodings.EncodeMany(encoding, samples, Encodings.Stamp);
        IRecordReader reader = Encodings.Reader(encoding);
        var receiver = new CountingReceiver();
        reader.Read(record, receiver);
        long least = long.MaxValue;
        for (int round = 0; round < 20; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                reader.Read(record, receiver);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal((2001 * samples.Length, 0), (receiver.Events, receiver.Refused));
    }
}
